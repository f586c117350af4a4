import { AnalyticsError, LIMITS, parseBatch, parseEvent } from '@analytics/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../test/support/soak.js'

const ID = '01JZ3N8Q6V7W8X9YZABCDEFGHJ'
const valid = (event: object = {}) => ({
  eventId: ID,
  eventType: 'page_view',
  anonymousId: 'visitor',
  sessionId: 'session',
  timestamp: '2026-11-23T10:00:00.000Z',
  ...event,
})
const parsed = (event: object) => {
  const result = parseEvent(valid(event))
  if (!result.ok) throw new Error(result.message)
  return result
}

/** Objects nested so many levels deep. */
const nested = (levels: number): object => (levels === 1 ? { value: 1 } : { inner: nested(levels - 1) })

describe('parseEvent', () => {
  it.each([
    ['a lower-case id', { eventId: ID.toLowerCase() }, 'invalid_event_id'],
    ['an id beyond the largest time', { eventId: `8${ID.slice(1)}` }, 'invalid_event_id'],
    ['an id with a letter that the alphabet leaves out', { eventId: `${ID.slice(0, 25)}U` }, 'invalid_event_id'],
    ['a type that is too long', { eventType: 'x'.repeat(LIMITS.eventType + 1) }, 'invalid_event_type'],
    ['a user id that is too long', { userId: 'x'.repeat(LIMITS.userId + 1) }, 'invalid_identity'],
    ['a user id that is no text', { userId: 7 }, 'invalid_identity'],
    ['nobody', { anonymousId: '' }, 'invalid_identity'],
    ['no session', { sessionId: null }, 'invalid_session_id'],
    ['a time without a zone', { timestamp: '2026-11-23T10:00:00' }, 'invalid_timestamp'],
    ['a date that does not exist', { timestamp: '2026-13-40T10:00:00Z' }, 'invalid_timestamp'],
    ['properties that are a list', { properties: [1] }, 'invalid_properties'],
    ['properties nested too deep', { properties: nested(LIMITS.propertyDepth + 1) }, 'invalid_properties'],
    ['lists nested too deep', { properties: { a: [[[[[1]]]]] } }, 'invalid_properties'],
    [
      'too many properties',
      { properties: Object.fromEntries(Array.from({ length: 256 }, (_, i) => [`k${i}`, i])) },
      'invalid_properties',
    ],
  ])('refuses %s', (_name, event, code) => {
    expect(parseEvent(valid(event))).toMatchObject({ ok: false, code, field: expect.any(String) })
  })

  it('takes properties at the limits', () => {
    expect(parsed({ properties: nested(LIMITS.propertyDepth) }).event.properties).toEqual(nested(LIMITS.propertyDepth))
    const many = Object.fromEntries(Array.from({ length: LIMITS.propertyKeys }, (_, i) => [`k${i}`, i]))
    expect(parsed({ properties: many }).event.properties).toEqual(many)
  })

  it('cuts other long text, not within a character, and says so', () => {
    const { event, truncated } = parsed({
      eventLabel: `${'x'.repeat(LIMITS.eventLabel - 1)}😀`,
      context: { page: { url: `https://x/${'y'.repeat(3000)}` } },
    })
    expect(event.eventLabel).toBe('x'.repeat(LIMITS.eventLabel - 1))
    expect(event.context!.page!.url).toHaveLength(LIMITS.url)
    expect(truncated).toEqual(['eventLabel', 'context.page.url'])
  })

  it('returns known fields only, and none of the names that begin with $', () => {
    const { event, truncated } = parsed({
      isAdmin: true,
      receivedTimestamp: 0,
      properties: { $flags: ['forged'], plan: 'pro' },
    })
    expect(Object.keys(event).sort()).toEqual([
      'anonymousId',
      'eventId',
      'eventType',
      'properties',
      'sessionId',
      'timestamp',
    ])
    expect(event.properties).toEqual({ plan: 'pro' })
    expect(truncated).toEqual(['properties'])
  })

  it('never throws, and never lets a prototype key or an infinite number through', () => {
    const keys = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'prototype', 'a', '$b'), fc.string())
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.double(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value')),
        tie('object'),
      ),
      object: fc.dictionary(keys, tie('value')),
    }))
    const anyEvent = fc.oneof(
      json.value,
      fc
        .record({ properties: json.object, context: json.value, eventValue: json.value }, { requiredKeys: [] })
        .map(valid),
    )
    const check = (value: unknown): void => {
      if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true)
      if (typeof value !== 'object' || value === null) return
      for (const [key, inner] of Object.entries(value)) {
        expect(['__proto__', 'constructor', 'prototype']).not.toContain(key)
        check(inner)
      }
    }
    fc.assert(
      fc.property(anyEvent, (value) => {
        const result = parseEvent(value)
        if (result.ok) check(result.event.properties)
      }),
      { seed: 20_264, numRuns: runs(500) },
    )
  })
})

describe('parseBatch', () => {
  it('checks each event by itself, in order', () => {
    const { events, sentAt } = parseBatch({ sentAt: 'noon', events: [valid(), 7, valid({ eventId: 'x' })] })
    expect(events.map((event) => (event.ok ? 'ok' : event.code))).toEqual(['ok', 'invalid_event', 'invalid_event_id'])
    expect(sentAt).toBeUndefined()
  })

  it.each([
    [null],
    [[]],
    [{}],
    [{ events: {} }],
    [{ events: [] }],
    [{ events: Array(LIMITS.batchEvents + 1).fill(valid()) }],
  ])('refuses what is no batch: %#', (body) => {
    expect(() => parseBatch(body)).toThrow(AnalyticsError)
  })
})
