// @vitest-environment jsdom
import { act, cleanup, render } from '@testing-library/react'
import { StrictMode } from 'react'
import { afterEach, expect, it, vi } from 'vitest'
import { TrackView } from '../src/index.js'
import { createTestClient } from './support.js'

const observers: { show(): void; isConnected: boolean }[] = []
function stubObserver(): void {
  observers.length = 0
  class Observer {
    isConnected = false
    readonly #callback: (entries: { isIntersecting: boolean }[]) => void
    constructor(callback: (entries: { isIntersecting: boolean }[]) => void) {
      this.#callback = callback
      observers.push(this)
    }
    observe() {
      this.isConnected = true
    }
    disconnect() {
      this.isConnected = false
    }
    show() {
      if (this.isConnected) this.#callback([{ isIntersecting: true }])
    }
  }
  vi.stubGlobal('IntersectionObserver', Observer)
}

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

it('records once that it was seen, under StrictMode too, and leaves no observer behind', async () => {
  stubObserver()
  const { client, Wrapper, sent } = createTestClient()
  const { unmount } = render(
    <StrictMode>
      <Wrapper>
        <TrackView name="pricing">table</TrackView>
      </Wrapper>
    </StrictMode>,
  )
  expect(await sent('feature_usage')).toEqual([])
  for (const observer of observers) observer.show()
  for (const observer of observers) observer.show()
  const seen = await sent('feature_usage')
  expect(seen).toHaveLength(1)
  expect(seen[0]).toMatchObject({ eventLabel: 'pricing', eventAction: 'view' })
  unmount()
  expect(observers.some((observer) => observer.isConnected)).toBe(false)
  await client.shutdown()
})

it('takes being mounted for being seen where there is no observer', async () => {
  const { client, Wrapper, sent } = createTestClient()
  render(<TrackView name="pricing" />, {
    wrapper: ({ children }) => (
      <StrictMode>
        <Wrapper>{children}</Wrapper>
      </StrictMode>
    ),
  })
  await act(async () => {})
  expect(await sent('feature_usage')).toHaveLength(1)
  await client.shutdown()
})
