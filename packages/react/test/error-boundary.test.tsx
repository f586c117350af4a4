// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { StrictMode } from 'react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { AnalyticsErrorBoundary } from '../src/index.js'
import { createTestClient } from './support.js'

let isBroken = true
function Fragile() {
  if (isBroken) throw new RangeError('broken')
  return <p>fine</p>
}

beforeEach(() => {
  isBroken = true
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => {
  cleanup()
  vi.restoreAllMocks()
})

it('records the error once, shows the fallback, and tries again', async () => {
  const { client, Wrapper, sent } = createTestClient({ capture: { pageViews: false, clicks: false } })
  render(
    <StrictMode>
      <Wrapper>
        <AnalyticsErrorBoundary
          fallback={({ error, retry }) => (
            <button type="button" onClick={retry}>
              {String(error)}
            </button>
          )}
        >
          <Fragile />
        </AnalyticsErrorBoundary>
      </Wrapper>
    </StrictMode>,
  )
  const [event, ...more] = await sent('error')
  expect(more).toEqual([])
  expect(event?.properties).toMatchObject({ name: 'RangeError', message: 'broken' })
  expect(JSON.stringify(event?.properties?.context)).toContain('Fragile')
  isBroken = false
  fireEvent.click(screen.getByText('RangeError: broken'))
  expect(screen.getByText('fine')).toBeDefined()
  await client.shutdown()
})

it('shows the fallback without a provider too', () => {
  render(
    <AnalyticsErrorBoundary fallback="sorry">
      <Fragile />
    </AnalyticsErrorBoundary>,
  )
  expect(screen.getByText('sorry')).toBeDefined()
})
