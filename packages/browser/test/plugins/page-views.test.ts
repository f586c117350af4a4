// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createTestTracker, type TestTracker } from '../support/tracker.js'

let tracker: TestTracker
const start = () => createTestTracker({ capture: { clicks: false, errors: false } })
const paths = async () => {
  await tracker.analytics.flush()
  return tracker.of('page_view').map((event) => event.context?.page?.path)
}

beforeEach(() => history.replaceState(null, '', '/first'))
afterEach(() => tracker.analytics.shutdown())

it('records the first page once, whoever asks for it to be recorded once', async () => {
  tracker = start()
  tracker.analytics.trackPageView({ once: true })
  expect(await paths()).toEqual(['/first'])
  tracker.analytics.trackPageView({ title: 'Step 2' })
  expect(await paths()).toEqual(['/first', '/first'])
  expect(tracker.of('page_view')[1]?.properties).toEqual({ title: 'Step 2' })
})

it('takes a new query for a page where it was pushed, not where it replaced another', async () => {
  tracker = start()
  history.pushState(null, '', '/list?page=2')
  history.replaceState(null, '', '/list?page=3')
  history.replaceState(null, '', '/moved')
  expect(await paths()).toEqual(['/first', '/list', '/moved'])
})

it('leaves the patches of others alone, and is silent once it is stopped', async () => {
  const { pushState } = history
  tracker = start()
  const ours = history.pushState
  const later = vi.fn(function (this: History, ...values: Parameters<History['pushState']>) {
    ours.apply(this, values)
  })
  history.pushState = later
  await tracker.analytics.shutdown()
  expect(history.pushState).toBe(later)
  history.pushState(null, '', '/after')
  expect(later).toHaveBeenCalledOnce()
  expect(location.pathname).toBe('/after')
  expect(tracker.analytics.stats().dropped.closed).toBe(0)
  history.pushState = pushState
})

it('waits for a page that is only prerendered', async () => {
  Object.defineProperty(document, 'prerendering', { value: true, configurable: true })
  tracker = start()
  expect(await paths()).toEqual([])
  Object.defineProperty(document, 'prerendering', { value: false, configurable: true })
  document.dispatchEvent(new Event('prerenderingchange'))
  expect(await paths()).toEqual(['/first'])
})
