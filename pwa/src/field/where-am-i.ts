import { tell } from './more-words'
import { locate } from './position'

/** On a tap: finds the phone for the distances in lists; why not, in words, else nothing. */
export async function whereAmI(): Promise<string> {
  const found = await locate()
  return typeof found === 'string' ? tell(`no_fix_${found}`) : ''
}
