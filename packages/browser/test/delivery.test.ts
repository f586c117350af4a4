// @vitest-environment jsdom
import { delay, HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Analytics, type AnalyticsOptions, createAnalytics, type Fault } from '../src/index.js'
import { decode } from './support/decode.js'
import { unaccounted } from './support/tracker.js'

const ENDPOINT = 'https://app.example/analytics'
const server = setupServer()
let analytics: Analytics
let faults: Fault[] = []
/** The ids of each request. */
let received: string[][] = []
let isRecording = false

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterAll(() => server.close())
beforeEach(() => {
  sessionStorage.clear()
  faults = []
  received = []
})
afterEach(async () => {
  expect(unaccounted(analytics)).toBe(0)
  vi.useRealTimers()
  vi.restoreAllMocks()
  server.use(http.post(`${ENDPOINT}/events`, () => HttpResponse.json({})))
  await analytics.shutdown()
  server.resetHandlers()
})

function create(options: Partial<AnalyticsOptions> = {}): void {
  analytics = createAnalytics({
    endpoint: ENDPOINT,
    writeKey: 'wk_test',
    capture: { pageViews: false, clicks: false, errors: false },
    // Ids differ, but a retry comes at once unless the server names a time.
    random: () => (isRecording ? Math.random() : 0),
    onError: (fault) => faults.push(fault),
    ...options,
  })
}

type Answer = (ids: string[]) => Response | Promise<Response>

/** Answers in turn; the last answer stays. */
function answer(...answers: Answer[]): void {
  const handler = http.post(`${ENDPOINT}/events`, async ({ request }) => {
    const { events } = decode(Buffer.from(await request.arrayBuffer()))
    const ids = events.map((event) => event.eventId)
    const next = answers.length > 1 ? answers.shift() : answers[0]
    received.push(ids)
    return next?.(ids) ?? HttpResponse.error()
  })
  server.use(handler)
}

const ok: Answer = (ids) => HttpResponse.json({ accepted: ids.length, duplicates: 0 })
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  () =>
    HttpResponse.json({ error: { code: 'overloaded', message: '', requestId: 'r' } }, { status: code, headers })
const settled = (test: () => boolean) => vi.waitFor(() => expect(test()).toBe(true), { timeout: 4000, interval: 5 })

/** Records `count` events; a session start comes before them. */
function track(count: number): void {
  isRecording = true
  for (let n = 0; n < count; n++) analytics.track('a', { n })
  isRecording = false
}

describe('an answer', () => {
  it('of 200 means that the events are there', async () => {
    create()
    answer(ok)
    track(3)
    await analytics.flush()
    expect(analytics.stats()).toMatchObject({ delivered: 4, queued: 0, inFlight: 0 })
  })

  it('of 5xx, 429, 408 or none brings the same events again until one is 200', async () => {
    create()
    answer(status(500), status(429), status(408), () => HttpResponse.error(), ok)
    track(2)
    await analytics.flush()
    await settled(() => analytics.stats().delivered === 3)
    expect(received).toHaveLength(5)
    expect(new Set(received.map((ids) => ids.join())).size).toBe(1)
  })

  it('with Retry-After is obeyed, also by a flush', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    create()
    answer(status(429, { 'retry-after': '7' }), ok)
    track(1)
    await analytics.flush()
    await analytics.flush()
    await vi.advanceTimersByTimeAsync(6900)
    expect(received).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(200)
    vi.useRealTimers()
    await settled(() => analytics.stats().delivered === 2)
  })

  it('of 503 ten times drops the events', async () => {
    create()
    answer(status(503))
    track(1)
    await analytics.flush()
    await settled(() => analytics.stats().dropped.retries === 2)
    expect(received).toHaveLength(10)
  })

  it('of 413 halves the batch down to the event at fault, which alone is dropped', async () => {
    create()
    let large = ''
    answer((ids) => {
      large ||= ids[5] ?? ''
      return ids.includes(large) ? status(413)(ids) : ok(ids)
    })
    track(9)
    await analytics.flush()
    expect(analytics.stats()).toMatchObject({ delivered: 9, queued: 0, dropped: { too_large: 1 } })
    expect(faults.map((fault) => fault.code)).toEqual(['event_too_large'])
  })

  it.each([400, 401, 403, 404, 422])('of %s drops the batch and says why, once', async (code) => {
    create()
    answer(status(code))
    track(1)
    await analytics.flush()
    track(1)
    await analytics.flush()
    expect(received).toHaveLength(2)
    expect(analytics.stats().dropped.refused).toBe(3)
    expect(faults.map((fault) => fault.code)).toEqual(['overloaded'])
  })

  it('of 207 tells each event: the refused are dropped, those to retry come again', async () => {
    create()
    answer((ids) => {
      const results = [
        { index: 0, eventId: ids[0], status: 'accepted' },
        { index: 1, eventId: ids[1], status: 'rejected', code: 'schema_violation', field: 'properties.n' },
        { index: 2, eventId: ids[2], status: 'retry' },
        { index: 3, eventId: ids[3], status: 'duplicate' },
        { index: 4, eventId: ids[4], status: 'rejected', code: 'schema_violation', field: 'properties.n' },
      ]
      return HttpResponse.json({ accepted: 1, duplicates: 1, results }, { status: 207 })
    }, ok)
    track(4)
    await analytics.flush()
    await settled(() => analytics.stats().delivered === 3)
    expect(received[1]).toEqual([received[0]?.[2]])
    expect(analytics.stats().dropped.rejected).toBe(2)
    expect(faults.map((fault) => fault.code)).toEqual(['schema_violation'])
  })
})

describe('a network that does not answer', () => {
  it('is left alone for a minute from the third time on', async () => {
    create()
    answer(() => HttpResponse.error())
    track(1)
    await analytics.flush()
    await settled(() => faults.length === 1)
    expect(faults[0]?.code).toBe('network_failed')
    expect(received).toHaveLength(3)
    track(60)
    await analytics.flush()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(received).toHaveLength(3)
    answer(ok)
    window.dispatchEvent(new Event('online'))
    await settled(() => analytics.stats().delivered === 62)
  })

  it('is not asked while the browser is offline', async () => {
    create()
    const onLine = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
    answer(ok)
    track(60)
    await analytics.flush()
    expect(received).toHaveLength(0)
    onLine.mockReturnValue(true)
    window.dispatchEvent(new Event('online'))
    await settled(() => analytics.stats().delivered === 61)
  })

  it('does not break on a fetch that throws at once', async () => {
    const fetch = vi.fn().mockImplementation(() => {
      throw new Error('patched')
    })
    create({ fetch })
    track(1)
    await analytics.flush()
    expect(analytics.stats().queued).toBe(2)
  })
})

describe('batches', () => {
  it('are sent one at a time, each with at most so many events', async () => {
    create({ maxBatchEvents: 10 })
    let open = 0
    let most = 0
    answer(async (ids) => {
      most = Math.max(most, ++open)
      await delay(5)
      open--
      return ok(ids)
    })
    track(35)
    await Promise.all([analytics.flush(), analytics.flush()])
    expect(received.map((ids) => ids.length)).toEqual([10, 10, 10, 6])
    expect(most).toBe(1)
  })

  it('go after a second at first, then when they are full or in time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const fetch = vi.fn(async () => Response.json({}))
    create({ fetch: fetch as never })
    const passes = (ms: number) => vi.advanceTimersByTimeAsync(ms)
    track(1)
    await passes(999)
    expect(fetch).toHaveBeenCalledTimes(0)
    await passes(1)
    expect(fetch).toHaveBeenCalledTimes(1)
    track(1)
    await passes(4999)
    expect(fetch).toHaveBeenCalledTimes(1)
    await passes(1)
    expect(fetch).toHaveBeenCalledTimes(2)
    track(50)
    await passes(0)
    expect(fetch).toHaveBeenCalledTimes(3)
    analytics.track('a', { text: 'x'.repeat(17_000) })
    await passes(0)
    expect(fetch).toHaveBeenCalledTimes(4)
    analytics.trackError(new Error('now'))
    await passes(0)
    expect(fetch).toHaveBeenCalledTimes(5)
  })

  it('are forgotten with the consent, also when they come back', async () => {
    create()
    answer(async (ids) => {
      await delay(20)
      return status(503)(ids)
    })
    track(1)
    const sent = analytics.flush()
    await settled(() => analytics.stats().inFlight === 2)
    analytics.consent.deny()
    await sent
    expect(analytics.stats()).toMatchObject({ queued: 0, dropped: { consent: 2 } })
  })
})

describe('an exit', () => {
  const beacons: Blob[] = []
  function stubBeacon(limit: number): void {
    beacons.length = 0
    const sendBeacon = (_: string, body: Blob) => body.size <= limit && beacons.push(body) > 0
    Object.defineProperty(navigator, 'sendBeacon', { value: sendBeacon, configurable: true })
  }
  afterEach(() => Reflect.deleteProperty(navigator, 'sendBeacon'))

  it('hands everything to the browser before the handler returns, and only once', () => {
    stubBeacon(65_536)
    create()
    track(10)
    window.dispatchEvent(new Event('pagehide'))
    expect(beacons).toHaveLength(1)
    expect(analytics.stats()).toMatchObject({ queued: 0, handedOff: 11 })
    window.dispatchEvent(new Event('pagehide'))
    expect(beacons).toHaveLength(1)
  })

  it('takes smaller beacons where a large one is refused', () => {
    stubBeacon(20_000)
    create({ flushInterval: 60_000 })
    for (let n = 0; n < 60; n++) analytics.track('a', { text: Array.from({ length: 60 }, () => Math.random()).join() })
    window.dispatchEvent(new Event('pagehide'))
    expect(beacons.length).toBeGreaterThan(2)
    expect(analytics.stats()).toMatchObject({ queued: 0, handedOff: 61 })
  })

  it('keeps a copy while the server is failing, for the case that the page stays', async () => {
    stubBeacon(65_536)
    create()
    answer(status(503, { 'retry-after': '60' }))
    track(1)
    await analytics.flush()
    window.dispatchEvent(new Event('pagehide'))
    expect(beacons).toHaveLength(1)
    expect(analytics.stats()).toMatchObject({ queued: 2, handedOff: 0 })
  })

  it('sends what others record while the page is being left', async () => {
    stubBeacon(65_536)
    create()
    track(1)
    window.dispatchEvent(new Event('pagehide'))
    analytics.track('late')
    await Promise.resolve()
    expect(beacons).toHaveLength(2)
    expect(analytics.stats().handedOff).toBe(3)
  })
})
