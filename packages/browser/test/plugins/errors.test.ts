// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createTestTracker, type TestTracker } from '../support/tracker.js'

let tracker: TestTracker
beforeEach(() => {
  tracker = createTestTracker({ capture: { pageViews: false, clicks: false } })
})
afterEach(() => tracker.analytics.shutdown())

const properties = async () => {
  await tracker.analytics.flush()
  return tracker.of('error').map((event) => event.properties)
}

it('describes an error, without the queries of URLs', async () => {
  const error = new TypeError('no https://app.example/a?token=1')
  error.stack = 'TypeError: no\n    at run (https://app.example/app.js?v=secret:1:2)'
  tracker.analytics.trackError(error, { step: 'pay' })
  expect(await properties()).toEqual([
    {
      name: 'TypeError',
      message: 'no https://app.example/a',
      stack: 'TypeError: no\n    at run (https://app.example/app.js:1:2)',
      severity: 'error',
      fingerprint: expect.stringMatching(/^[0-9a-f]{8}$/),
      context: { step: 'pay' },
    },
  ])
})

it('gives errors that differ in numbers alone the same fingerprint', async () => {
  for (const message of ['row 1', 'row 22', 'other']) tracker.analytics.trackError({ message })
  const prints = (await properties()).map((each) => each?.fingerprint)
  expect(prints[0]).toBe(prints[1])
  expect(prints[0]).not.toBe(prints[2])
})

it('takes whatever was thrown', async () => {
  for (const thrown of ['text', null, undefined, 42, Symbol('s')]) tracker.analytics.trackError(thrown)
  expect((await properties()).map((each) => each?.message)).toEqual(['text', 'null', 'undefined', '42', 'Symbol(s)'])
})

it('counts an error once that is recorded and thrown again', async () => {
  const error = new Error('twice')
  tracker.analytics.trackError(error)
  window.dispatchEvent(new ErrorEvent('error', { error, message: 'twice' }))
  expect(await properties()).toHaveLength(1)
})

it('sends ten of a kind and a hundred a page, and counts the others', async () => {
  for (let n = 0; n < 30; n++) tracker.analytics.trackError(new Error(`loop ${n}`))
  expect(tracker.analytics.stats().dropped.rate_limited).toBe(20)
  const letter = (n: number) => String.fromCharCode(97 + (n % 26), 97 + Math.floor(n / 26))
  for (let n = 0; n < 120; n++) tracker.analytics.trackError({ message: letter(n) })
  expect(await properties()).toHaveLength(100)
  expect(tracker.analytics.stats().dropped.rate_limited).toBe(50)
})
