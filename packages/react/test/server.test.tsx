import { createAnalytics } from '@analytics/browser'
import { renderToString } from 'react-dom/server'
import { expect, it } from 'vitest'
import {
  AnalyticsErrorBoundary,
  AnalyticsProvider,
  TrackView,
  useAnalytics,
  useConsent,
  usePageView,
} from '../src/index.js'

function Page() {
  const { trackEvent } = useAnalytics()
  const { status } = useConsent()
  usePageView()
  return <p>{`${typeof trackEvent} ${status}`}</p>
}

it('renders on a server, touching no global', () => {
  const before = Reflect.ownKeys(globalThis)
  const client = createAnalytics({ writeKey: 'wk_test', consent: 'pending' })
  const html = renderToString(
    <AnalyticsProvider client={client}>
      <AnalyticsErrorBoundary>
        <TrackView name="page">
          <Page />
        </TrackView>
      </AnalyticsErrorBoundary>
    </AnalyticsProvider>,
  )
  expect(html).toContain('<p>function pending</p>')
  expect(Reflect.ownKeys(globalThis)).toEqual(before)
})
