import { describe, expect, it } from 'vitest'
import { ADMIN_KEY, answer, post, READ_KEY, testServer, WRITE_KEY, wireEvent } from '../support/server.js'

const QUERY = { kind: 'trend', range: { from: '2026-01-01', to: '2026-01-02' }, metrics: ['events'] }
const batch = () => ({ events: [wireEvent()] })

describe('keys', () => {
  it.each([
    ['no key', '/events', '', 401, 'key_missing'],
    ['an unknown key', '/events', 'wk_unknown_0123', 401, 'key_unknown'],
    ['a read key for writing', '/events', READ_KEY, 403, 'key_scope'],
    ['a write key for reading', '/query', WRITE_KEY, 403, 'key_scope'],
    ['no key for reading', '/query', '', 401, 'key_missing'],
    ['a read key for operations', '/tiers/run', READ_KEY, 403, 'key_scope'],
  ])('refuses %s', async (_name, path, key, status, code) => {
    const server = await testServer()
    expect(await answer(post(server, path, path === '/query' ? QUERY : batch(), { key }))).toMatchObject({
      status,
      body: { error: { code } },
    })
  })

  it('takes a write key from the query string and X-Write-Key, a read key from neither', async () => {
    const server = await testServer()
    const headers = (name: string, value: string) => ({ key: '', headers: { [name]: value } })
    expect((await post(server, `/events?k=${WRITE_KEY}`, batch(), { key: '' })).status).toBe(200)
    expect((await post(server, '/events', batch(), headers('x-write-key', WRITE_KEY))).status).toBe(200)
    expect((await post(server, `/query?k=${READ_KEY}`, QUERY, { key: '' })).status).toBe(401)
    expect((await post(server, '/query', QUERY, headers('x-write-key', READ_KEY))).status).toBe(401)
  })

  it('lets an admin key do everything', async () => {
    const server = await testServer()
    expect((await post(server, '/events', batch(), { key: ADMIN_KEY })).status).toBe(200)
    expect((await post(server, '/query', QUERY, { key: ADMIN_KEY })).status).toBe(200)
  })

  it('never shows keys in what the instance holds', async () => {
    const server = await testServer()
    expect(JSON.stringify(server)).not.toContain(READ_KEY)
  })
})

describe('origins', () => {
  const restricted = () =>
    testServer({
      keys: [
        { key: WRITE_KEY, scope: 'write', origins: ['https://app.example'] },
        { key: READ_KEY, scope: 'read' },
      ],
    })
  const from = (origin: string) => ({ headers: { origin } })

  it("takes a key's own origins only, and tells them that they may read the answer", async () => {
    const server = await restricted()
    const allowed = await post(server, '/events', batch(), from('https://app.example'))
    expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([200, 'https://app.example'])
    expect(allowed.headers.get('access-control-expose-headers')).toContain('retry-after')
    const refused = await post(server, '/events', batch(), from('https://evil.example'))
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, null])
  })

  it('lets a read key without origins be used from its own host alone', async () => {
    const server = await restricted()
    expect((await post(server, '/query', QUERY, { key: READ_KEY, ...from('http://server.test') })).status).toBe(200)
    expect((await post(server, '/query', QUERY, { key: READ_KEY, ...from('https://evil.example') })).status).toBe(403)
  })

  it('answers preflights of known origins', async () => {
    const server = await restricted()
    const preflight = (origin: string) =>
      server.handler(
        new Request('http://server.test/events', {
          method: 'OPTIONS',
          headers: { origin, 'access-control-request-method': 'POST' },
        }),
      )
    expect((await preflight('https://app.example')).headers.get('access-control-allow-origin')).toBe(
      'https://app.example',
    )
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('authorize', () => {
  it("lets the host's login read instead of a key, from its own pages only", async () => {
    const server = await testServer({
      authorize: ({ request, scope }) => scope === 'read' && request.headers.get('cookie') === 'session=admin',
    })
    const ask = (headers: Record<string, string>) =>
      post(server, '/query', QUERY, { key: '', headers }).then(({ status }) => status)
    expect(await ask({ cookie: 'session=admin' })).toBe(200)
    expect(await ask({ cookie: 'session=guest' })).toBe(401)
    expect(await ask({ cookie: 'session=admin', origin: 'http://server.test' })).toBe(200)
    expect(await ask({ cookie: 'session=admin', origin: 'https://evil.example' })).toBe(403)
    expect(await ask({ cookie: 'session=admin', 'sec-fetch-site': 'cross-site' })).toBe(403)
  })
})

describe('routes', () => {
  it('says what is there and what is not', async () => {
    const server = await testServer()
    const get = async (path: string) => {
      const response = await server.handler(new Request(`http://server.test${path}`))
      return [response.status, ((await response.json()) as { error?: { code: string }; status?: string }).error?.code]
    }
    expect(await get('/health')).toEqual([200, undefined])
    expect(await get('/ready')).toEqual([200, undefined])
    expect((await server.handler(new Request('http://server.test/ready', { method: 'HEAD' }))).status).toBe(200)
    expect(await get('/nothing')).toEqual([404, 'not_found'])
    expect(await get('/events')).toEqual([405, 'method_not_allowed'])
    expect(await get('/__proto__')).toEqual([404, 'not_found'])
  })

  it('streams realtime summaries to readers', async () => {
    const server = await testServer()
    await post(server, '/events', batch())
    const gone = new AbortController()
    const response = await server.handler(
      new Request('http://server.test/realtime', {
        headers: { authorization: `Bearer ${READ_KEY}` },
        signal: gone.signal,
      }),
    )
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const { value } = await response.body!.getReader().read()
    const summary = JSON.parse(/data: (.*)/.exec(new TextDecoder().decode(value))![1]!) as Record<string, unknown>
    expect(summary).toMatchObject({ activeUsers: { last5Minutes: 1, last30Minutes: 1 }, errors: { last30Minutes: 0 } })
    gone.abort()
  })
})
