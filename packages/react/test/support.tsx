import { createAnalytics } from '@analytics/browser'
import type { WireEvent } from '@analytics/protocol'
import type { ReactNode } from 'react'
import { AnalyticsProvider } from '../src/index.js'

type Options = Partial<Parameters<typeof createAnalytics>[0]>

/** A real tracker that sends to memory, and a provider of it. */
export function createTestClient(options: Options = {}) {
  const events: WireEvent[] = []
  const fetch = async (_: unknown, init?: RequestInit) => {
    const body = JSON.parse(new TextDecoder().decode(init?.body as Uint8Array)) as { events: WireEvent[] }
    events.push(...body.events)
    return Response.json({})
  }
  const client = createAnalytics({
    writeKey: 'wk_test',
    capture: { pageViews: false, clicks: false, errors: false },
    fetch: fetch as typeof globalThis.fetch,
    ...options,
  })
  const wrapper = ({ children }: { children?: ReactNode }) => (
    <AnalyticsProvider client={client}>{children}</AnalyticsProvider>
  )
  const sent = async (type: string) => {
    await client.flush()
    return events.filter((event) => event.eventType === type)
  }
  return { client, Wrapper: wrapper, sent }
}
