import { defineEvents, type StandardSchema } from '@analytics/protocol'
import { expectTypeOf, it } from 'vitest'
import { type Analytics, createAnalytics } from '../src/index.js'

declare const signup: StandardSchema<{ plan: 'free' | 'pro' }>
declare const search: StandardSchema<{ term?: string }>
const events = () => defineEvents({ signup: { schema: signup }, search: { schema: search }, opened: {} })
type Events = ReturnType<typeof events>

it('types names and properties by the definitions', () => {
  const analytics: Analytics<Events> = createAnalytics<Events>({ writeKey: 'wk_test' })
  analytics.track('signup', { plan: 'pro' })
  analytics.track('signup', { plan: 'free' }, { eventValue: 1 })
  analytics.track('search')
  analytics.track('search', { term: 'a' })
  analytics.track('opened')
  analytics.track('opened', { anything: [1, null] })
  // @ts-expect-error unknown names are an error
  analytics.track('singup', { plan: 'pro' })
  // @ts-expect-error properties are required
  analytics.track('signup')
  // @ts-expect-error properties are checked
  analytics.track('signup', { plan: 'gold' })
  // @ts-expect-error fields are checked
  analytics.track('opened', {}, { eventValue: 'much' })
})

it('takes any event where there are no definitions', () => {
  const analytics = createAnalytics({ writeKey: 'wk_test' })
  analytics.track('anything', { goes: true })
  analytics.track('anything')
  // @ts-expect-error but JSON it must be
  analytics.track('anything', { when: new Date() })
  expectTypeOf(analytics.flush).returns.toEqualTypeOf<Promise<void>>()
})
