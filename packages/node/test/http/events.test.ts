import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import type { AnalyticsOptions, EventTimeOptions } from '@analytics/node'
import { memoryStore } from '@analytics/node/memory'
import { LIMITS } from '@analytics/protocol'
import { ulid } from 'ulid'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { answer, post, testServer, WRITE_KEY, wireEvent } from '../support/server.js'

const RANGE = { from: '2020-01-01', to: '2100-01-01' }

const stored = async (server: Awaited<ReturnType<typeof testServer>>) =>
  (await server.query({ kind: 'events', range: RANGE, limit: 1000 })).result.events

describe('POST /events', () => {
  it('answers 200 with counts when every event is stored or was there', async () => {
    const server = await testServer()
    const events = [wireEvent(), wireEvent()]
    expect(await answer(post(server, '/events', { events }))).toEqual({
      status: 200,
      body: { accepted: 2, duplicates: 0 },
    })
    expect(await answer(post(server, '/events', { events }))).toEqual({
      status: 200,
      body: { accepted: 0, duplicates: 2 },
    })
    expect(await stored(server)).toHaveLength(2)
  })

  it('stores the good events of a batch and names what is wrong with each other', async () => {
    const server = await testServer()
    const good = wireEvent()
    const events = [
      { ...wireEvent(), eventId: 'no ulid' },
      good,
      { ...wireEvent(), eventType: '' },
      { ...wireEvent(), anonymousId: undefined },
      { ...wireEvent(), timestamp: 'yesterday' },
      { ...wireEvent(), eventValue: 'much' },
      'not an event',
      { ...wireEvent(), properties: { text: 'x'.repeat(LIMITS.eventBytes) } },
      { ...wireEvent(), consent: 'denied' },
    ]
    const { status, body } = await answer(post(server, '/events', { events }))
    expect(status).toBe(207)
    expect(body).toMatchObject({ accepted: 1, duplicates: 0, rejected: 7, dropped: 1, retry: 0 })
    expect((body.results as { status: string; code?: string }[]).map(({ status, code }) => code ?? status)).toEqual([
      'invalid_event_id',
      'accepted',
      'invalid_event_type',
      'invalid_identity',
      'invalid_timestamp',
      'invalid_value',
      'invalid_event',
      'event_too_large',
      'consent_denied',
    ])
    expect((await stored(server)).map(({ eventId }) => eventId)).toEqual([good.eventId])
  })

  it.each([
    ['not JSON', 'nonsense', 400, 'invalid_json'],
    ['invalid UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 400, 'invalid_json'],
    ['nothing', '', 400, 'invalid_json'],
    ['no batch', '[]', 400, 'invalid_batch'],
    ['an empty batch', '{"events":[]}', 400, 'invalid_batch'],
    ['too many events', JSON.stringify({ events: Array(LIMITS.batchEvents + 1).fill({}) }), 400, 'invalid_batch'],
    ['a body of 2 MiB', `{"events":[{"eventType":"${'x'.repeat(2 * 1024 * 1024)}"}]}`, 413, 'body_too_large'],
    ['broken gzip', new Uint8Array([0x1f, 0x8b, 1, 2, 3]), 400, 'invalid_json'],
  ])('refuses %s', async (_name, body, status, code) => {
    const server = await testServer()
    expect(await answer(post(server, '/events', body))).toMatchObject({
      status,
      body: { error: { code, requestId: expect.any(String) } },
    })
    expect(await stored(server)).toEqual([])
  })

  it('refuses a stream that grows beyond the limit without reading on', async () => {
    const server = await testServer()
    let sent = 0
    const endless = new ReadableStream({
      pull(controller) {
        sent += 65_536
        controller.enqueue(new Uint8Array(65_536))
      },
    })
    expect(await answer(post(server, '/events', endless))).toMatchObject({
      status: 413,
      body: { error: { code: 'body_too_large' } },
    })
    expect(sent).toBeLessThan(3 * LIMITS.wireBytes)
  })

  it('refuses a gzip bomb at the inflated limit, in bounded memory', async () => {
    const server = await testServer()
    const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024, ' '))
    expect(bomb.length).toBeLessThan(LIMITS.wireBytes)
    const before = process.memoryUsage().rss
    const { status, body } = await answer(post(server, '/events', bomb))
    expect(status).toBe(413)
    expect(body).toMatchObject({
      error: { code: 'body_too_large', details: { limit: LIMITS.inflatedBytes, of: 'inflated' } },
    })
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * 1024 * 1024)
  })

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('reads a body encoded with %s', async (encoding, compress) => {
    const server = await testServer()
    const body = compress(JSON.stringify({ events: [wireEvent()] }))
    expect(await answer(post(server, '/events', body, { headers: { 'content-encoding': encoding } }))).toMatchObject({
      status: 200,
    })
  })

  it('tells gzip by its first bytes, as beacons can name no encoding, and refuses other encodings', async () => {
    const server = await testServer()
    const body = gzipSync(JSON.stringify({ events: [wireEvent()] }))
    const asText = { headers: { 'content-type': 'text/plain;charset=UTF-8' } }
    expect(await answer(post(server, '/events', body, asText))).toMatchObject({ status: 200 })
    const zstd = { headers: { 'content-encoding': 'zstd' } }
    expect(await answer(post(server, '/events', '{}', zstd))).toMatchObject({
      status: 415,
      body: { error: { code: 'encoding_unsupported' } },
    })
  })

  it('keeps prototype keys out of what is stored', async () => {
    const server = await testServer()
    const event = JSON.stringify(wireEvent()).replace(
      /}$/,
      ',"properties":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"ok":1}}',
    )
    expect(await answer(post(server, '/events', `{"events":[${event}]}`))).toMatchObject({
      status: 200,
      body: { accepted: 1 },
    })
    const [row] = await stored(server)
    expect(Object.keys(row!.properties!)).toEqual(['ok', '$flags'])
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  describe('times of clients', () => {
    const now = Date.UTC(2026, 5, 15, 12)
    const hour = 3_600_000
    const at = (ms: number) => new Date(now + ms).toISOString()
    /** Sends one event, and tells its time, from now on, and its flags. */
    async function sender(eventTimes: EventTimeOptions = {}) {
      const server = await testServer({ now: () => now, eventTimes })
      return async (timestamp: string, sentAt: string | undefined) => {
        const event = wireEvent({ timestamp })
        await post(server, '/events', { sentAt, events: [event] })
        const row = (await stored(server)).find(({ eventId }) => eventId === event.eventId)!
        return [Date.parse(row.eventTimestamp) - now, row.properties?.$flags]
      }
    }

    it('are corrected where a clock is off, and replaced where they are impossible', async () => {
      const send = await sender()
      expect(await send(at(-60_000), at(0))).toEqual([-60_000, undefined])
      expect(await send(at(2 * hour - 60_000), at(2 * hour))).toEqual([-60_000, ['time:skew']])
      expect(await send(at(2 * hour), undefined)).toEqual([0, ['time:receipt']])
      expect(await send(at(-31 * 24 * hour), at(0))).toEqual([0, ['time:receipt']])
      expect(await send(at(-29 * 24 * hour), at(0))).toEqual([-29 * 24 * hour, undefined])
    })

    it('are believed as far as the options say', async () => {
      const strict = await sender({ maxSkewMs: 0, maxAheadMs: 0, maxAgeMs: hour })
      expect(await strict(at(-60_000), at(-1000))).toEqual([-59_000, ['time:skew']])
      expect(await strict(at(1), undefined)).toEqual([0, ['time:receipt']])
      expect(await strict(at(-2 * hour), undefined)).toEqual([0, ['time:receipt']])
      const lenient = await sender({ maxSkewMs: 24 * hour, maxAheadMs: 3 * hour, maxAgeMs: false })
      expect(await lenient(at(2 * hour), at(2 * hour))).toEqual([2 * hour, undefined])
      expect(await lenient(at(-2000 * 24 * hour), undefined)).toEqual([-2000 * 24 * hour, undefined])
    })

    it.each([
      ['maxSkewMs', -1],
      ['maxAheadMs', Number.NaN],
      ['maxAgeMs', '30d'],
    ])('have no limit %s of %s', async (name, value) => {
      const options = { eventTimes: { [name]: value } } as Partial<AnalyticsOptions>
      await expect(testServer(options)).rejects.toMatchObject({ code: 'invalid_options', field: `eventTimes.${name}` })
    })
  })

  it('checks defined events, brings old versions up to date, and fills the value', async () => {
    const server = await testServer({
      events: {
        signup: {
          version: 2,
          schema: z.object({ plan: z.enum(['free', 'pro']) }),
          upcast: { 1: (old: { tier: number }) => ({ plan: old.tier === 1 ? 'pro' : 'free' }) },
        },
        purchase: { schema: z.object({ amount: z.number() }), value: 'amount' },
      },
    })
    const events = [
      wireEvent({ eventType: 'signup', properties: { tier: 1 } }),
      wireEvent({ eventType: 'signup', schemaVersion: 2, properties: { plan: 'gold' } }),
      wireEvent({ eventType: 'signup', schemaVersion: 3, properties: { plan: 'pro' } }),
      wireEvent({ eventType: 'purchase', properties: { amount: 12.5 } }),
    ]
    const { status, body } = await answer(post(server, '/events', { events }))
    expect(status).toBe(207)
    expect(body.results).toMatchObject([
      { status: 'accepted' },
      { status: 'rejected', code: 'schema_violation', field: 'properties.plan' },
      { status: 'rejected', code: 'schema_violation', field: 'schemaVersion' },
      { status: 'accepted' },
    ])
    const rows = await stored(server)
    expect(rows.find(({ eventType }) => eventType === 'signup')).toMatchObject({
      schemaVersion: 2,
      properties: { plan: 'pro' },
    })
    expect(rows.find(({ eventType }) => eventType === 'purchase')).toMatchObject({ eventValue: 12.5 })
  })

  it("believes the host's session, not what the client claims", async () => {
    const server = await testServer({ identify: ({ request }) => request.headers.get('x-session-user') ?? undefined })
    await post(
      server,
      '/events',
      { events: [wireEvent({ userId: 'forged', anonymousId: 'a' })] },
      { headers: { 'x-session-user': 'anna' } },
    )
    await post(server, '/events', { events: [wireEvent({ userId: 'forged', anonymousId: 'b' })] })
    const identities = (await stored(server)).map(({ userId, anonymousId }) => [anonymousId, userId])
    expect(identities.sort()).toEqual([
      ['a', 'anna'],
      ['b', null],
    ])
  })

  it('keeps a network instead of an address, and what the user agent says', async () => {
    const server = await testServer()
    const request = new Request(`http://server.test/events?k=${WRITE_KEY}`, {
      method: 'POST',
      headers: {
        'user-agent':
          'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
      },
      body: JSON.stringify({ events: [wireEvent()] }),
    })
    await server.handler(request, { remoteAddress: '::ffff:203.0.113.77' })
    expect((await stored(server))[0]).toMatchObject({
      ipAddress: '203.0.113.0',
      browser: 'Chrome',
      os: 'Windows',
      deviceType: 'desktop',
    })
  })

  it('answers 503 with Retry-After when the store is away, and stores the same batch later', async () => {
    let isAway = true
    const store = memoryStore({
      faults: (operation, phase) => {
        if (isAway && operation === 'insertEvents' && phase === 'before') throw new Error('connection lost')
      },
    })
    const server = await testServer({ store })
    const events = [wireEvent()]
    const refused = await post(server, '/events', { events })
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(await refused.json()).toMatchObject({ error: { code: 'store_unavailable' } })
    isAway = false
    expect(await answer(post(server, '/events', { events }))).toMatchObject({ status: 200, body: { accepted: 1 } })
  })

  it('says that a retry after a lost answer is a duplicate', async () => {
    let isLosing = true
    const store = memoryStore({
      faults: (operation, phase) => {
        if (isLosing && operation === 'insertEvents' && phase === 'after') throw new Error('answer lost')
      },
    })
    const server = await testServer({ store })
    const events = [wireEvent()]
    expect((await post(server, '/events', { events })).status).toBe(503)
    isLosing = false
    expect(await answer(post(server, '/events', { events }))).toEqual({
      status: 200,
      body: { accepted: 0, duplicates: 1 },
    })
  })

  it('tells listeners after the commit and survives their errors', async () => {
    const seen: string[] = []
    const server = await testServer({
      onEvents: (events) => {
        seen.push(...events.map(({ eventType }) => eventType))
        throw new Error('listener')
      },
    })
    await post(server, '/events', { events: [wireEvent({ eventType: 'purchase' })] })
    await expect.poll(() => seen).toEqual(['purchase'])
  })
})

describe('track and import', () => {
  it('tracks an event of the server once by its id', async () => {
    const server = await testServer()
    const eventId = ulid()
    expect(await server.track({ eventId, eventType: 'invoice_paid', userId: 'anna' })).toEqual({
      eventId,
      status: 'accepted',
    })
    expect(await server.track({ eventId, eventType: 'invoice_paid', userId: 'anna' })).toEqual({
      eventId,
      status: 'duplicate',
    })
    await expect(server.track({ eventType: 'nobody' })).rejects.toMatchObject({ code: 'invalid_identity' })
  })

  it('imports old events with their times, reports progress, and explains what it refused', async () => {
    const server = await testServer()
    const progress: number[] = []
    const events = Array.from({ length: 2_500 }, (_, i) => ({
      eventType: 'page_view',
      anonymousId: `a${i % 7}`,
      timestamp: new Date(Date.UTC(2019, 0, 1) + i * 60_000).toISOString(),
    }))
    const result = await server.import([...events, { eventType: '', userId: 'x', timestamp: events[0]!.timestamp }], {
      onProgress: ({ imported }) => progress.push(imported),
    })
    expect(result).toMatchObject({
      imported: 2_500,
      duplicates: 0,
      rejected: 1,
      rejections: [{ index: 2_500, field: 'eventType' }],
    })
    expect(progress).toEqual([2_000, 2_500])
    const { result: page } = await server.query({
      kind: 'events',
      range: { from: '2019-01-01', to: '2019-01-02' },
      limit: 1,
      order: 'asc',
    })
    expect(page.events[0]!.eventTimestamp).toBe('2019-01-01T00:00:00.000Z')
  })
})
