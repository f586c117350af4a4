import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Analytics } from '@analytics/node'
import { expressHandler } from '@analytics/node/express'
import { fastifyAnalytics } from '@analytics/node/fastify'
import express from 'express'
import fastify from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { coldTier, deferred, linesOf } from '../support/cold-tier.js'
import { ADMIN_KEY, READ_KEY, testServer, WRITE_KEY, wireEvent } from '../support/server.js'

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const MOUNTS: Record<string, (analytics: Analytics) => Promise<string>> = {
  express: (analytics) => listen(createServer(express().use('/analytics', expressHandler(analytics)))),
  'express behind a body parser': (analytics) =>
    listen(createServer(express().use(express.json()).use('/analytics', expressHandler(analytics)))),
  async fastify(analytics) {
    const app = fastify({ forceCloseConnections: true })
    await app.register(fastifyAnalytics, { analytics, prefix: '/analytics' })
    open.push(() => app.close())
    return app.listen({ port: 0, host: '127.0.0.1' })
  },
}

describe.each(Object.entries(MOUNTS))('mounted in %s', (_name, mount) => {
  const send = (url: string, path: string, body: unknown, key: string) =>
    fetch(`${url}/analytics${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    })

  it('takes events and answers queries', async () => {
    const analytics = await testServer()
    const url = await mount(analytics)
    const events = [wireEvent({ context: { page: { url: `${url}/cart` } } }), { ...wireEvent(), eventId: 'bad' }]
    const response = await send(url, '/events', { events }, WRITE_KEY)
    expect([response.status, response.headers.get('content-type')]).toEqual([207, 'application/json; charset=utf-8'])
    expect(await response.json()).toMatchObject({ accepted: 1, rejected: 1 })
    const answer = await send(
      url,
      '/query',
      { kind: 'events', range: { from: '2020-01-01', to: '2100-01-01' } },
      READ_KEY,
    )
    expect(await answer.json()).toMatchObject({
      result: { events: [{ pageUrl: `${url}/cart`, ipAddress: '127.0.0.0' }] },
    })
    expect((await fetch(`${url}/analytics/health`)).status).toBe(200)
    expect((await fetch(`${url}/analytics/nothing`)).status).toBe(404)
  })

  it('takes a beacon: text/plain, key in the URL', async () => {
    const analytics = await testServer()
    const url = await mount(analytics)
    const response = await fetch(`${url}/analytics/events?k=${WRITE_KEY}`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain;charset=UTF-8' },
      body: JSON.stringify({ events: [wireEvent()] }),
    })
    expect(await response.json()).toEqual({ accepted: 1, duplicates: 0 })
  })

  it('streams realtime summaries until the client goes', async () => {
    const analytics = await testServer()
    const url = await mount(analytics)
    const gone = new AbortController()
    const response = await fetch(`${url}/analytics/realtime`, {
      headers: { authorization: `Bearer ${READ_KEY}` },
      signal: gone.signal,
    })
    const { value } = await response.body!.getReader().read()
    expect(new TextDecoder().decode(value)).toContain('event: summary')
    gone.abort()
  })

  it('streams how far an operation is while it works, and aborts it when the client goes', async () => {
    const aborted = deferred()
    const analytics = await testServer({
      tiering: coldTier(async (operation, input, { signal, onProgress }) => {
        signal.addEventListener('abort', () => aborted.resolve())
        onProgress?.({ operation, input })
        await aborted.promise
      }),
    })
    const gone = new AbortController()
    const response = await fetch(`${await mount(analytics)}/analytics/tiers/restore/request`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        accept: 'application/x-ndjson',
        'content-type': 'application/json',
      },
      body: '{"from":0}',
      signal: gone.signal,
    })
    const { value } = await linesOf(response).next()
    expect(value).toBe('{"progress":{"operation":"restore request","input":{"from":0}}}')
    gone.abort()
    await aborted.promise
  })

  it('aborts an operation that is answered at once when the client goes', async () => {
    const [begun, aborted] = [deferred(), deferred()]
    const analytics = await testServer({
      tiering: coldTier(async (_operation, _input, { signal }) => {
        signal.addEventListener('abort', () => aborted.resolve())
        begun.resolve()
        await aborted.promise
      }),
    })
    const gone = new AbortController()
    const asked = fetch(`${await mount(analytics)}/analytics/tiers/run`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
      signal: gone.signal,
    })
    await begun.promise
    gone.abort()
    await expect(asked).rejects.toThrow()
    await aborted.promise
  })
})

describe('expressHandler', () => {
  it("never takes a path for another host, whose pages would then count as the server's own", async () => {
    const analytics = await testServer({ authorize: () => true })
    const url = new URL(await MOUNTS.express!(analytics))
    const status = await new Promise((resolve, reject) => {
      const options = {
        host: url.hostname,
        port: url.port,
        path: '/analytics//evil.example/tiers',
        headers: { origin: 'http://evil.example' },
      }
      request(options, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end()
    })
    expect(status).toBe(404)
    const crossOrigin = await fetch(`${url.origin}/analytics/tiers`, { headers: { origin: 'http://evil.example' } })
    expect(crossOrigin.status).toBe(403)
  })

  it('answers a body beyond the limit while it still arrives, and ends the connection', async () => {
    const analytics = await testServer()
    const url = await MOUNTS.express!(analytics)
    const status = await new Promise<number>((resolve, reject) => {
      const call = request(`${url}/analytics/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${WRITE_KEY}` },
      })
      call.on('response', (response) => {
        resolve(response.statusCode ?? 0)
        call.destroy()
      })
      call.on('error', reject)
      const chunk = Buffer.alloc(65_536, ' ')
      const push = () => {
        if (!call.destroyed) call.write(chunk, () => setImmediate(push))
      }
      push()
    })
    expect(status).toBe(413)
  })
})
