import { AnalyticsError } from '@analytics/protocol'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { coldTier, deferred, linesOf } from '../support/cold-tier.js'
import { ADMIN_KEY, answer, post, READ_KEY, silent, testServer, WRITE_KEY } from '../support/server.js'

const admin = { key: ADMIN_KEY }
const streamed = { key: ADMIN_KEY, headers: { accept: 'application/x-ndjson' } }

afterEach(() => {
  vi.useRealTimers()
})

/** All lines of an answer, as JSON. */
async function allLines(response: Response): Promise<unknown[]> {
  const lines: unknown[] = []
  for await (const line of linesOf(response)) lines.push(line === '' ? '' : JSON.parse(line))
  return lines
}

describe('operations over HTTP', () => {
  it.each([
    ['no key', '', 401, 'key_missing'],
    ['a write key', WRITE_KEY, 403, 'key_scope'],
    ['a read key', READ_KEY, 403, 'key_scope'],
  ])('refuses %s before anything is done', async (_name, key, status, code) => {
    const perform = vi.fn()
    const server = await testServer({ tiering: coldTier(perform) })
    for (const path of ['/tiers/run', '/tiers/plan', '/tiers/hold/add', '/tiers/nothing']) {
      expect(await answer(post(server, path, {}, { key }))).toMatchObject({ status, body: { error: { code } } })
      expect((await post(server, `${path}?k=${ADMIN_KEY}`, {}, { key })).status).toBe(status)
    }
    expect(perform).not.toHaveBeenCalled()
  })

  it('take their name from the path and their input from the body, which may be missing', async () => {
    const calls: unknown[] = []
    const tiering = coldTier(async (operation, input) => {
      calls.push([operation, input])
      return { done: true }
    })
    const server = await testServer({ tiering })
    expect(await answer(post(server, '/tiers/hold/add', { from: 0, to: 1 }, admin))).toEqual({
      status: 200,
      body: { done: true },
    })
    await post(server, '/tiers/run', '', admin)
    expect(calls).toEqual([
      ['hold add', { from: 0, to: 1 }],
      ['run', undefined],
    ])
    expect((await post(server, '/tiers/run', '{', admin)).status).toBe(400)
    expect((await post(server, '/tiers/run', ' '.repeat(2 ** 21), admin)).status).toBe(413)
  })

  it('answer null where there is nothing to say', async () => {
    const server = await testServer({ tiering: coldTier(async () => undefined) })
    const response = await post(server, '/tiers/park', { day: '2026-08-01' }, admin)
    expect([response.status, await response.text()]).toEqual([200, 'null'])
    expect(await allLines(await post(server, '/tiers/park', {}, streamed))).toEqual([{ result: null }])
  })

  it.each([
    [new AnalyticsError('invalid_options', 'day is no day.', { field: 'day' }), 400, { field: 'day' }],
    [new AnalyticsError('not_found', 'There is no hold x.'), 404, { message: 'There is no hold x.' }],
    [
      new AnalyticsError('archived', 'No.', { details: { days: ['2026-08-01'] } }),
      409,
      { details: { days: ['2026-08-01'] } },
    ],
    [new Error('a secret of the database'), 500, { message: 'The request failed on the server.' }],
  ])('fail with the status of their error: %s', async (error, status, body) => {
    const server = await testServer({ tiering: coldTier(() => Promise.reject(error)) })
    for (const options of [admin, streamed])
      expect(await answer(post(server, '/tiers/x', {}, options))).toMatchObject({ status, body: { error: body } })
  })

  it('are not found where the server has no tiering', async () => {
    expect(await answer(post(await testServer(), '/tiers/run', '', admin))).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found', message: expect.stringContaining('no tiering') } },
    })
  })
})

describe('operations line by line', () => {
  it('tell how far they are while they work, and what came of it in the end', async () => {
    const work = deferred()
    const tiering = coldTier(async (_operation, _input, { onProgress }) => {
      onProgress?.({ day: '2026-08-01', step: 'write' })
      await work.promise
      onProgress?.({ day: '2026-08-01', step: 'done' })
      return { moved: 1 }
    })
    const response = await post(await testServer({ tiering }), '/tiers/run', '', streamed)
    expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8')
    const lines = linesOf(response)
    expect((await lines.next()).value).toBe('{"progress":{"day":"2026-08-01","step":"write"}}')
    work.resolve()
    expect((await lines.next()).value).toBe('{"progress":{"day":"2026-08-01","step":"done"}}')
    expect((await lines.next()).value).toBe('{"result":{"moved":1}}')
    expect((await lines.next()).done).toBe(true)
  })

  it.each([
    [
      new AnalyticsError('lease_lost', 'Gone.', { field: 'day' }),
      { code: 'lease_lost', message: 'Gone.', field: 'day' },
    ],
    [new Error('a secret of the database'), { code: 'internal', message: 'The request failed on the server.' }],
  ])('end with the error, once they have begun: %s', async (failed, error) => {
    const logged = vi.fn()
    const tiering = coldTier(async (_operation, _input, { onProgress }) => {
      onProgress?.({})
      throw failed
    })
    const server = await testServer({ tiering, logger: { ...silent, error: logged } })
    const lines = await allLines(await post(server, '/tiers/run', '', streamed))
    expect(lines.at(-1)).toEqual({ error: { ...error, requestId: expect.any(String) } })
    expect(logged).toHaveBeenCalledTimes(error.code === 'internal' ? 1 : 0)
  })

  it('send an empty line every 15 seconds, so that no proxy takes the connection for dead', async () => {
    const server = await testServer({ tiering: coldTier(() => new Promise(() => {})) })
    vi.useFakeTimers({ toFake: ['setInterval'] })
    const answering = post(server, '/tiers/run', '', streamed)
    // The body is read before the work begins.
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1))
    vi.advanceTimersByTime(15_000)
    const lines = linesOf(await answering)
    expect((await lines.next()).value).toBe('')
    vi.advanceTimersByTime(15_000)
    expect((await lines.next()).value).toBe('')
  })

  it('keep few lines for a client that does not read, and the last one always', async () => {
    const tiering = coldTier(async (_operation, _input, { onProgress }) => {
      for (let step = 0; step < 10_000; step++) onProgress?.({ step })
      return 'end'
    })
    const lines = await allLines(await post(await testServer({ tiering }), '/tiers/run', '', streamed))
    expect(lines.length).toBeLessThan(20)
    expect(lines.at(-1)).toEqual({ result: 'end' })
  })

  it('are aborted once the client has gone', async () => {
    const aborted = deferred()
    const tiering = coldTier(async (_operation, _input, { signal, onProgress }) => {
      signal.addEventListener('abort', () => aborted.resolve())
      onProgress?.({})
      await aborted.promise
      onProgress?.({})
      throw new AnalyticsError('aborted')
    })
    const response = await post(await testServer({ tiering }), '/tiers/run', '', streamed)
    await response.body!.cancel()
    await aborted.promise
  })
})
