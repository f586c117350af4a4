// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, renderHook, screen } from '@testing-library/react'
import { StrictMode } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useAnalytics, useConsent, useFeature, usePageView, useTiming } from '../src/index.js'
import { createTestClient } from './support.js'

let test: ReturnType<typeof createTestClient>
const start = (options?: Parameters<typeof createTestClient>[0]) => {
  test = createTestClient(options)
}
beforeEach(() => {
  sessionStorage.clear()
  localStorage.clear()
})
afterEach(async () => {
  cleanup()
  await test.client.shutdown()
  vi.restoreAllMocks()
})

function Page({ name }: { name?: string }) {
  usePageView(name)
  return null
}

function Export() {
  const trackExport = useFeature('export')
  return (
    <button type="button" onClick={trackExport as () => void}>
      Export
    </button>
  )
}

describe('useAnalytics', () => {
  it('returns functions that stay the same over renders', async () => {
    start()
    const { result, rerender } = renderHook(() => useAnalytics(), { wrapper: test.Wrapper })
    const first = result.current
    rerender()
    expect(result.current).toBe(first)
    first.trackEvent('signup', { plan: 'pro' })
    first.trackFeature('export', 'csv')
    first.identify('u1')
    expect((await test.sent('signup'))[0]?.properties).toEqual({ plan: 'pro' })
    expect(await test.sent('feature_usage')).toHaveLength(1)
    expect(await test.sent('identify')).toHaveLength(1)
  })

  it('says what to do where there is no provider', () => {
    start()
    vi.spyOn(console, 'error').mockImplementation(() => {})
    expect(() => renderHook(() => useAnalytics())).toThrow(/Wrap the component in <AnalyticsProvider client=/)
  })
})

describe('usePageView', () => {
  it('records exactly one page view under StrictMode, and adds no listener', async () => {
    start()
    const added = [vi.spyOn(window, 'addEventListener'), vi.spyOn(document, 'addEventListener')]
    const before = added.flatMap((spy) => spy.mock.calls).length
    const { unmount } = render(
      <StrictMode>
        <test.Wrapper>
          <Page />
        </test.Wrapper>
      </StrictMode>,
    )
    await act(async () => {})
    expect(await test.sent('page_view')).toHaveLength(1)
    unmount()
    await act(async () => {})
    expect(await test.sent('page_view')).toHaveLength(1)
    const types = added.flatMap((spy) => spy.mock.calls.map(([type]) => type))
    expect(types.filter((type) => /page|state|unload|visib/.test(type)).length).toBe(before)
  })

  it('does not repeat the page view of automatic capture', async () => {
    start({ capture: { pageViews: true, clicks: false, errors: false } })
    render(<Page />, { wrapper: test.Wrapper })
    await act(async () => {})
    expect(await test.sent('page_view')).toHaveLength(1)
  })

  it('records a named page as one of its own, again when the name changes', async () => {
    start({ capture: { pageViews: true, clicks: false, errors: false } })
    const { rerender } = render(<Page name="Step 1" />, { wrapper: test.Wrapper })
    await act(async () => {})
    rerender(<Page name="Step 1" />)
    rerender(<Page name="Step 2" />)
    await act(async () => {})
    const titles = (await test.sent('page_view')).map((event) => event.properties?.title)
    expect(titles.slice(1)).toEqual(['Step 1', 'Step 2'])
  })
})

describe('useFeature', () => {
  it('records uses, and takes no event for an action', async () => {
    start()
    render(<Export />, { wrapper: test.Wrapper })
    fireEvent.click(screen.getByText('Export'))
    const [event] = await test.sent('feature_usage')
    expect(event?.eventLabel).toBe('export')
    expect(event?.eventAction).toBeUndefined()
  })
})

describe('useTiming', () => {
  it('records the time from start to stop, once', async () => {
    start()
    const { result } = renderHook(() => useTiming(), { wrapper: test.Wrapper })
    vi.spyOn(performance, 'now').mockReturnValueOnce(100).mockReturnValueOnce(350)
    const stop = result.current('checkout', 'pay')
    stop()
    stop()
    const timings = await test.sent('timing')
    expect(timings).toHaveLength(1)
    expect(timings[0]).toMatchObject({ eventCategory: 'checkout', eventLabel: 'pay', eventValue: 250 })
  })
})

describe('useConsent', () => {
  it('follows the status', () => {
    start({ consent: 'pending' })
    const { result } = renderHook(() => useConsent(), { wrapper: test.Wrapper })
    expect(result.current.status).toBe('pending')
    act(() => result.current.grant())
    expect(result.current.status).toBe('granted')
    act(() => result.current.deny())
    expect(result.current.status).toBe('denied')
  })
})
