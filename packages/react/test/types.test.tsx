import type { Analytics } from '@analytics/browser'
import { defineEvents, type StandardSchema } from '@analytics/protocol'
import { expectTypeOf, it } from 'vitest'
import { AnalyticsProvider, useAnalytics } from '../src/index.js'

declare const signup: StandardSchema<{ plan: 'free' | 'pro' }>
const events = () => defineEvents({ signup: { schema: signup } })
type Events = ReturnType<typeof events>

/** Compiled, never rendered. */
function App({ client }: { client: Analytics<Events> }) {
  const { trackEvent } = useAnalytics<Events>()
  trackEvent('signup', { plan: 'pro' })
  // @ts-expect-error unknown names are an error
  trackEvent('singup', { plan: 'pro' })
  // @ts-expect-error properties are checked
  trackEvent('signup', { plan: 'gold' })
  return <AnalyticsProvider client={client} />
}

it('types the events of the definitions', () => {
  expectTypeOf(App).toBeFunction()
})
