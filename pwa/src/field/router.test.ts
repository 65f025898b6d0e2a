// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { parse } from './router'

test.each([
  ['/field', 'today', ''],
  ['/field/', 'today', ''],
  ['/field/login', 'login', ''],
  ['/field/outbox', 'outbox', ''],
  ['/field/cases/0193-a', 'case', '0193-a'],
  ['/field/cases/0193-a/handle', 'handle', '0193-a'],
  ['/field/cases/0193-a/verify', 'verify', '0193-a'],
  ['/field/cases/0193-a/act?do=return', 'act', '0193-a'],
  ['/field/report', 'report', ''],
  ['/field/nothing/here', 'today', ''],
])('%s is %s %s', (path, screen, caseId) => {
  expect(parse(path.split('?')[0]!)).toMatchObject({ screen, caseId })
})
