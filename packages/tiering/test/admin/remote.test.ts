import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { AnalyticsError } from '@analytics/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { remoteTiering } from '../../src/admin/remote.js'

const KEY = 'ak_secret_0123456789'
const DAY = '2026-08-01'

const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0)) close()
})

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/analytics/`
}

/** A server that answers each operation with these lines. */
function lines(...answers: readonly (object | string)[]): RequestListener {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' })
    response.end(answers.map((one) => `${typeof one === 'string' ? one : JSON.stringify(one)}\n`).join(''))
  }
}

const answers =
  (status: number, body: string, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, headers).end(body)
  }

const remote = async (listener: RequestListener) => remoteTiering({ url: await listen(listener), key: KEY })

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

/** What a call rejects with; the key is nowhere in it. */
async function failureOf(call: Promise<unknown>): Promise<AnalyticsError> {
  const error = await call.then(
    () => expect.fail('it resolved'),
    (reason: AnalyticsError) => reason,
  )
  expect(inspect(error, { depth: 10 })).not.toContain(KEY)
  return error
}

describe('remoteTiering', () => {
  it('asks for each operation by its path, with the key in a header', async () => {
    const calls: unknown[] = []
    const tiering = await remote(async (request, response) => {
      const { authorization, accept } = request.headers
      calls.push([request.method, request.url, await bodyOf(request)])
      expect([authorization, accept]).toEqual([`Bearer ${KEY}`, 'application/x-ndjson'])
      lines({ result: null })(request, response)
    })
    await tiering.plan()
    await tiering.park(DAY)
    await tiering.retry()
    await tiering.expire()
    await tiering.gc({ dryRun: false, olderThan: '3d', force: true })
    await tiering.restore.request({ from: 0, to: 1 }, { hours: 2, signal: new AbortController().signal })
    await tiering.hold.add({ from: 0, to: 1, reason: 'case' })
    await tiering.erase.request({ userIds: ['anna'] }, { within: '5d' })
    await tiering.rotateKeys()
    expect(calls).toEqual([
      ['POST', '/analytics/tiers/plan', '{}'],
      ['POST', '/analytics/tiers/park', `{"day":"${DAY}"}`],
      ['POST', '/analytics/tiers/retry', '{}'],
      ['POST', '/analytics/tiers/expire', '{}'],
      ['POST', '/analytics/tiers/gc', '{"dryRun":false,"olderThan":"3d","force":true}'],
      ['POST', '/analytics/tiers/restore/request', '{"from":0,"to":1,"hours":2}'],
      ['POST', '/analytics/tiers/hold/add', '{"from":0,"to":1,"reason":"case"}'],
      ['POST', '/analytics/tiers/erase/request', '{"userIds":["anna"],"within":"5d"}'],
      ['POST', '/analytics/tiers/keys/rotate', '{}'],
    ])
  })

  it('tells the progress and resolves to the result, however the lines are cut', async () => {
    const progress = { day: DAY, step: 'write', index: 1, of: 2 }
    const text = `\n${JSON.stringify({ progress })}\n{"later":1}\n${JSON.stringify({ result: { name: 'Zoë' } })}\n`
    const tiering = await remote(async (_request, response: ServerResponse) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' })
      for (const byte of Buffer.from(text)) response.write(Buffer.of(byte))
      response.end()
    })
    const told: unknown[] = []
    expect(await tiering.run({ onProgress: (one) => told.push(one) })).toEqual({ name: 'Zoë' })
    expect(told).toEqual([progress])
  })

  it.each([
    [
      'before',
      answers(
        409,
        JSON.stringify({ error: { code: 'archived', message: 'No.', field: 'day', details: { days: [DAY] } } }),
      ),
    ],
    [
      'after',
      lines({ progress: {} }, { error: { code: 'archived', message: 'No.', field: 'day', details: { days: [DAY] } } }),
    ],
  ])('rejects with the error of the server, also %s it has begun', async (_name, listener) => {
    const error = await failureOf((await remote(listener)).run())
    expect(error).toBeInstanceOf(AnalyticsError)
    expect(error).toMatchObject({ code: 'archived', message: 'No.', field: 'day', details: { days: [DAY] } })
  })

  it.each([
    [
      'a page',
      answers(200, '<!doctype html>', { 'content-type': 'text/html' }),
      'not_found',
      /No server of analytics is mounted at http:.*\/analytics\.$/,
    ],
    ['nothing there', answers(404, 'Cannot POST'), 'not_found', /No server of analytics is mounted/],
    [
      'its own 404',
      answers(404, '{"error":{"code":"not_found","message":"This server has no tiering."}}'),
      'not_found',
      /no tiering/,
    ],
    ['a login', answers(401, 'Login'), 'key_unknown', /status 401/],
    ['a proxy', answers(502, 'Bad gateway'), 'store_unavailable', /status 502/],
    ['a redirect', answers(302, '', { location: 'http://elsewhere.example/' }), 'internal', /status 302/],
    ['an error of a later version', answers(409, '{"error":{"code":"new","message":"New."}}'), 'internal', /^New\.$/],
    [
      'a fault',
      answers(500, '{"error":{"code":"internal","message":"Failed.","requestId":"r1"}}'),
      'internal',
      /^Failed\. Its log has it under r1\.$/,
    ],
    ['half an answer', lines({ progress: {} }), 'outcome_unknown', /broke before the work was over/],
    ['no JSON', lines('{"result"'), 'outcome_unknown', /broke before the work was over/],
  ])('says what is wrong where it finds %s', async (_name, listener, code, message) => {
    const error = await failureOf((await remote(listener)).run())
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it('says that the server could not be reached, or went away', async () => {
    const [gone] = [await listen(() => {})]
    for (const close of open.splice(0)) close()
    expect(await failureOf(remoteTiering({ url: gone, key: KEY }).status())).toMatchObject({
      code: 'store_unavailable',
      retryable: true,
      message: expect.stringContaining("can't be reached: ECONNREFUSED"),
    })
    const breaking = await remote((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' })
      response.write('{"progress":{}}\n', () => response.destroy())
    })
    expect(await failureOf(breaking.run())).toMatchObject({ code: 'outcome_unknown' })
  })

  it('ends the request once the signal aborts, before and after it has begun', async () => {
    for (const begins of [false, true]) {
      const abort = new AbortController()
      let closed: Promise<unknown> | undefined
      const tiering = await remote((_request, response) => {
        closed = once(response, 'close')
        if (!begins) return abort.abort()
        response.writeHead(200, { 'content-type': 'application/x-ndjson' }).write('{"progress":{}}\n')
      })
      const run = tiering.run({ signal: abort.signal, onProgress: () => abort.abort() })
      expect(await failureOf(run)).toMatchObject({ code: 'aborted' })
      await closed
    }
  })

  it('waits for a restore until it is ready', async () => {
    const states = ['restoring', 'restoring', 'ready']
    const tiering = await remote((request, response) => lines({ result: { state: states.shift() } })(request, response))
    expect(await tiering.restore.wait('id', { pollMs: 1 })).toEqual({ state: 'ready' })
    expect(states).toEqual([])
  })

  it.each([
    ['url', { url: 'nowhere', key: KEY }],
    ['url', { url: 'http://app.example/analytics', key: KEY }],
    ['url', { url: 'http://127.0.0.1.evil.example', key: KEY }],
    ['url', { url: 'ftp://app.example', key: KEY }],
    ['url', { url: `https://admin:${KEY}@app.example`, key: KEY }],
    ['url', { url: `https://app.example/?k=${KEY}`, key: KEY }],
    ['key', { url: 'https://app.example', key: '' }],
    ['key', { url: 'https://app.example', key: `${KEY}\nx` }],
    ['key', { url: 'https://app.example', key: undefined as unknown as string }],
  ])('refuses a %s that would not work, or give the key away: %j', async (field, options) => {
    expect(await failureOf((async () => remoteTiering(options))())).toMatchObject({ code: 'invalid_options', field })
  })

  it('takes plain http on loopback, https anywhere and a fetch of its own', async () => {
    const urls: string[] = []
    const fake = (async (url: string) => {
      urls.push(url)
      return new Response('{"result":1}\n', { headers: { 'content-type': 'application/x-ndjson' } })
    }) as typeof fetch
    for (const url of ['http://localhost:1/a', 'http://[::1]:1', new URL('https://app.example/analytics/')])
      await remoteTiering({ url, key: KEY, fetch: fake }).status()
    expect(urls).toEqual([
      'http://localhost:1/a/tiers/status',
      'http://[::1]:1/tiers/status',
      'https://app.example/analytics/tiers/status',
    ])
  })
})
