import { describe, expect, it } from 'vitest'
import { backoffMs, circuitMs, readOutcome, retryAfterMs } from '../src/retry.js'

const NOW = Date.parse('2026-11-20T12:00:00Z')

describe('retryAfterMs', () => {
  it.each([
    ['7', 7000],
    ['0', 0],
    ['Fri, 20 Nov 2026 12:00:30 GMT', 30_000],
    ['1000000000', 3_600_000],
    ['Fri, 20 Nov 2026 11:00:00 GMT', undefined],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('reads %s as %s ms', (header, ms) => {
    expect(retryAfterMs(header, NOW)).toBe(ms)
  })
})

describe('backoffMs', () => {
  it('doubles its bound up to a minute and spreads below it', () => {
    const bounds = [1, 2, 3, 7, 8, 100].map((failures) => backoffMs(failures, () => 1))
    expect(bounds).toEqual([1000, 2000, 4000, 60_000, 60_000, 60_000])
    expect(backoffMs(3, () => 0.25)).toBe(1000)
  })
})

describe('circuitMs', () => {
  it('opens at the third request without an answer, doubling up to half an hour', () => {
    expect([1, 2, 3, 4, 8, 9].map(circuitMs)).toEqual([undefined, undefined, 60_000, 120_000, 1_800_000, 1_800_000])
  })
})

describe('readOutcome', () => {
  const read = (status: number, body: string | null = null, headers: Record<string, string> = {}) =>
    readOutcome(new Response(body, { status, headers }), NOW)

  it('retries what passes, with the time that the server asks for', async () => {
    for (const status of [408, 425, 429, 500, 502, 503, 504]) {
      const outcome = await read(status, null, { 'retry-after': '3' })
      expect(outcome).toEqual({ status: 'retry', isNetwork: false, retryAfterMs: 3000 })
    }
  })

  it('names the code of a refusal, and the status where there is none', async () => {
    const body = JSON.stringify({ error: { code: 'key_unknown', message: 'x', requestId: 'r' } })
    expect(await read(401, body)).toMatchObject({ status: 'refused', code: 'key_unknown' })
    expect(await read(400, '<html>')).toMatchObject({ status: 'refused', code: 'internal' })
  })

  it('does not take a web page for a receipt', async () => {
    expect(await read(200, '<html>', { 'content-type': 'text/html' })).toMatchObject({ status: 'refused' })
    expect(await read(204)).toEqual({ status: 'delivered' })
  })

  it('retries a 207 that cannot be read', async () => {
    expect(await read(207, 'oops')).toMatchObject({ status: 'retry' })
    expect(await read(207, '{"results":[null,{"index":0,"status":"accepted"}]}')).toMatchObject({
      status: 'mixed',
      results: [{ index: 0 }],
    })
  })
})
