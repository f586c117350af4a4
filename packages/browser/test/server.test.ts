import { expect, it, vi } from 'vitest'

it('touches no global where there is no page, at import or later', async () => {
  const before = Reflect.ownKeys(globalThis)
  const setTimeout = vi.spyOn(globalThis, 'setTimeout')
  const fetch = vi.spyOn(globalThis, 'fetch')
  const { createAnalytics } = await import('../src/index.js')
  const calls = setTimeout.mock.calls.length
  const analytics = createAnalytics({ writeKey: 'wk_test', consent: 'pending' })
  analytics.track('a')
  analytics.trackPageView()
  analytics.identify('u1')
  analytics.consent.grant()
  await analytics.flush()
  await analytics.shutdown()
  expect(analytics.stats().recorded).toBe(0)
  expect(analytics.consent.status).toBe('pending')
  expect(fetch).not.toHaveBeenCalled()
  expect(setTimeout.mock.calls.length).toBe(calls)
  expect(Reflect.ownKeys(globalThis)).toEqual(before)
})
