import { dictionary } from '../shared/i18n'
import * as aCase from './words-case'
import * as queue from './words-queue'

/** Words of the console. */
export const say = dictionary({ ...queue.zh, ...aCase.zh }, { ...queue.en, ...aCase.en })
