import { type Analytics, type AnalyticsOptions, createAnalytics, type Logger } from '@analytics/node'
import { memoryStore } from '@analytics/node/memory'
import type { WireEvent } from '@analytics/protocol'
import { ulid } from 'ulid'

export const WRITE_KEY = 'wk_test_0123456789'
export const READ_KEY = 'rk_test_0123456789'
export const ADMIN_KEY = 'ak_test_0123456789'

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** A server in memory with the usual keys. */
export function testServer(options: Partial<AnalyticsOptions> = {}): Promise<Analytics> {
  return createAnalytics({
    store: memoryStore(),
    keys: [
      { key: WRITE_KEY, scope: 'write' },
      { key: READ_KEY, scope: 'read' },
      { key: ADMIN_KEY, scope: 'admin' },
    ],
    jobs: false,
    logger: silent,
    ...options,
  })
}

/** A valid wire event. */
export function wireEvent(event: Partial<WireEvent> = {}): WireEvent {
  return {
    eventId: ulid(),
    eventType: 'page_view',
    anonymousId: 'visitor',
    sessionId: 'session',
    timestamp: new Date().toISOString(),
    ...event,
  }
}

/** Posts a body to the handler. Strings and bytes go as they are. */
export function post(
  { handler }: Pick<Analytics, 'handler'>,
  path: string,
  body: unknown,
  { key = WRITE_KEY, headers = {} }: { key?: string | undefined; headers?: Record<string, string> } = {},
): Promise<Response> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array || body instanceof ReadableStream
  return handler(
    new Request(`http://server.test${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key ? { authorization: `Bearer ${key}` } : {}), ...headers },
      body: isRaw ? (body as BodyInit) : JSON.stringify(body),
      duplex: 'half',
    } as RequestInit),
  )
}

/** What the handler answered: status and body. */
export async function answer(
  response: Promise<Response>,
): Promise<{ status: number; body: Record<string, unknown> & { error?: { code: string } } }> {
  const { status, ...rest } = await response.then(async (one) => ({
    status: one.status,
    body: (await one.json()) as Record<string, unknown>,
  }))
  return { status, body: rest.body as Record<string, unknown> & { error?: { code: string } } }
}
