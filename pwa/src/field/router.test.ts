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
  ['/field/nothing/here', 'today', ''],
])('%s is %s %s', (path, screen, caseId) => {
  expect(parse(path)).toMatchObject({ screen, caseId })
})
