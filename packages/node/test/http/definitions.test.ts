import type { Analytics } from '@analytics/node'
import { describe, expect, it } from 'vitest'
import { ADMIN_KEY, post, READ_KEY, testServer, WRITE_KEY } from '../support/server.js'

async function call(
  { handler }: Analytics,
  method: string,
  path: string,
  { key = ADMIN_KEY, body }: { key?: string; body?: unknown } = {},
): Promise<{ status: number; body: unknown }> {
  const response = await handler(
    new Request(`http://server.test${path}`, {
      method,
      headers: key === '' ? {} : { authorization: `Bearer ${key}` },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    }),
  )
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}

const REVENUE = { event: 'buy', aggregate: 'sum' }

describe('/metrics', () => {
  it('defines, lists, shows by version, is asked and deletes', async () => {
    const server = await testServer({ now: () => 5 })
    const stored = { name: 'revenue', version: 1, at: 5, definition: REVENUE }
    expect(await call(server, 'GET', '/metrics')).toEqual({ status: 200, body: { definitions: [] } })
    expect(await call(server, 'PUT', '/metrics/revenue', { body: REVENUE })).toEqual({ status: 200, body: stored })
    expect(await call(server, 'PUT', '/metrics/revenue', { body: REVENUE })).toEqual({ status: 200, body: stored })
    const changed = { ...stored, version: 2, definition: { event: 'buy' } }
    expect(await call(server, 'PUT', '/metrics/revenue', { body: { event: 'buy' } })).toEqual({
      status: 200,
      body: changed,
    })
    expect(await call(server, 'GET', '/metrics')).toEqual({ status: 200, body: { definitions: [changed] } })
    expect(await call(server, 'GET', '/metrics/revenue')).toEqual({ status: 200, body: changed })
    expect(await call(server, 'GET', '/metrics/revenue?version=1')).toEqual({ status: 200, body: stored })
    const query = { kind: 'trend', range: { from: '2026-01-10', to: '2026-01-11' }, metrics: ['revenue'] }
    expect(await (await post(server, '/query', query, { key: READ_KEY })).json()).toMatchObject({
      result: { series: [{ metric: 'revenue' }] },
      meta: { definitions: [{ kind: 'metric', name: 'revenue', version: 2 }] },
    })
    expect(await call(server, 'DELETE', '/metrics/revenue')).toEqual({ status: 204, body: undefined })
    expect((await call(server, 'GET', '/metrics/revenue')).status).toBe(404)
  })

  it.each([
    ['GET', '/metrics', { none: 401, write: 403, read: 200, admin: 200 }],
    ['GET', '/metrics/known', { none: 401, write: 403, read: 200, admin: 200 }],
    ['PUT', '/metrics/other', { none: 401, write: 403, read: 403, admin: 200 }],
    ['DELETE', '/metrics/known', { none: 401, write: 403, read: 403, admin: 204 }],
  ])('takes %s %s with the right keys only', async (method, path, expected) => {
    const keys = { none: '', write: WRITE_KEY, read: READ_KEY, admin: ADMIN_KEY }
    for (const [scope, key] of Object.entries(keys)) {
      const server = await testServer()
      await server.metrics.define({ name: 'known' })
      const body = method === 'PUT' ? REVENUE : undefined
      const { status } = await call(server, method, path, { key, ...(body ? { body } : {}) })
      expect(status, scope).toBe(expected[scope as keyof typeof expected])
      expect((await server.metrics.list()).length, scope).toBe(
        status === 204 ? 0 : method === 'PUT' && status === 200 ? 2 : 1,
      )
    }
  })

  it.each<[string, string, string, unknown, number, string, string | undefined]>([
    ['an unknown name', 'GET', '/metrics/gone', undefined, 404, 'not_found', 'name'],
    ['an unknown name to delete', 'DELETE', '/metrics/gone', undefined, 404, 'not_found', 'name'],
    ['an unknown version', 'GET', '/metrics/known?version=2', undefined, 404, 'not_found', 'name'],
    ['a version that is no number', 'GET', '/metrics/known?version=last', undefined, 400, 'invalid_query', 'version'],
    ['a name that is none', 'PUT', '/metrics/a-b', REVENUE, 400, 'invalid_query', 'name'],
    ['a name with a slash', 'GET', '/metrics/a%2Fb', undefined, 400, 'invalid_query', 'name'],
    ['a name that is built in', 'PUT', '/metrics/users', REVENUE, 400, 'invalid_query', 'name'],
    ['a name in the body', 'PUT', '/metrics/m', { ...REVENUE, name: 'm' }, 400, 'invalid_query', 'name'],
    ['an aggregate that is none', 'PUT', '/metrics/m', { aggregate: 'magic' }, 400, 'invalid_query', 'aggregate'],
    ['a formula that is wrong', 'PUT', '/metrics/m', { formula: '1 +' }, 400, 'invalid_query', 'formula'],
    ['a list', 'PUT', '/metrics/m', [REVENUE], 400, 'invalid_query', ''],
    ['text that is no JSON', 'PUT', '/metrics/m', '{', 400, 'invalid_json', undefined],
    ['one that others are made of', 'DELETE', '/metrics/known', undefined, 400, 'invalid_query', 'name'],
    ['a path below a name', 'GET', '/metrics/known/versions', undefined, 404, 'not_found', undefined],
    ['another method', 'POST', '/metrics/known', REVENUE, 405, 'method_not_allowed', undefined],
  ])('refuses %s', async (_name, method, path, body, status, code, field) => {
    const server = await testServer()
    await server.metrics.define({ name: 'known' })
    await server.metrics.define({ name: 'twice', formula: '2 * known' })
    const answer = await call(server, method, path, body === undefined ? {} : { body })
    expect(answer).toMatchObject({ status, body: { error: { code } } })
    expect((answer.body as { error: { field?: string } }).error.field).toBe(field)
    expect((await server.metrics.list()).length).toBe(2)
  })

  it('tells preflights which methods there are', async () => {
    const server = await testServer({
      keys: [{ key: ADMIN_KEY, scope: 'admin', origins: ['https://admin.example'] }],
    })
    const methodsAt = async (path: string) => {
      const headers = { origin: 'https://admin.example', 'access-control-request-method': 'PUT' }
      const response = await server.handler(new Request(`http://server.test${path}`, { method: 'OPTIONS', headers }))
      return [response.status, response.headers.get('access-control-allow-methods')]
    }
    expect(await methodsAt('/metrics/m')).toEqual([204, 'GET, PUT, DELETE'])
    expect(await methodsAt('/metrics')).toEqual([204, 'GET'])
  })
})

describe('/cohorts', () => {
  const BUYERS = { performed: { event: 'buy' } }

  it('defines, lists, shows by version, is asked and deletes', async () => {
    const server = await testServer({ now: () => 5 })
    const stored = { name: 'buyers', version: 1, at: 5, definition: BUYERS }
    expect(await call(server, 'PUT', '/cohorts/buyers', { body: BUYERS })).toEqual({ status: 200, body: stored })
    const changed = { ...stored, version: 2, definition: { people: ['anna'] } }
    const put = await call(server, 'PUT', '/cohorts/buyers', { body: changed.definition })
    expect(put).toEqual({ status: 200, body: changed })
    expect(await call(server, 'GET', '/cohorts')).toEqual({ status: 200, body: { definitions: [changed] } })
    expect(await call(server, 'GET', '/cohorts/buyers?version=1')).toEqual({ status: 200, body: stored })
    const query = { kind: 'cohort', range: { from: '2026-01-10', to: '2026-01-11' }, cohort: 'buyers' }
    expect(await (await post(server, '/query', query, { key: READ_KEY })).json()).toMatchObject({
      result: { size: 0 },
      meta: { definitions: [{ kind: 'cohort', name: 'buyers', version: 2 }] },
    })
    expect(await call(server, 'DELETE', '/cohorts/buyers')).toEqual({ status: 204, body: undefined })
    expect((await call(server, 'GET', '/cohorts/buyers')).status).toBe(404)
  })

  it.each([
    ['GET', '/cohorts', { none: 401, write: 403, read: 200, admin: 200 }],
    ['GET', '/cohorts/known', { none: 401, write: 403, read: 200, admin: 200 }],
    ['PUT', '/cohorts/other', { none: 401, write: 403, read: 403, admin: 200 }],
    ['DELETE', '/cohorts/known', { none: 401, write: 403, read: 403, admin: 204 }],
  ])('takes %s %s with the right keys only', async (method, path, expected) => {
    const keys = { none: '', write: WRITE_KEY, read: READ_KEY, admin: ADMIN_KEY }
    for (const [scope, key] of Object.entries(keys)) {
      const server = await testServer()
      await server.cohorts.define({ name: 'known', people: [] })
      const { status } = await call(server, method, path, { key, ...(method === 'PUT' ? { body: BUYERS } : {}) })
      expect(status, scope).toBe(expected[scope as keyof typeof expected])
      const changed = status === 204 ? 0 : method === 'PUT' && status === 200 ? 2 : 1
      expect((await server.cohorts.list()).length, scope).toBe(changed)
    }
  })

  it.each<[string, string, string, unknown, number, string, string | undefined]>([
    ['an unknown name', 'GET', '/cohorts/gone', undefined, 404, 'not_found', 'name'],
    ['a name that is none', 'PUT', '/cohorts/a-b', BUYERS, 400, 'invalid_query', 'name'],
    ['a name in the body', 'PUT', '/cohorts/c', { ...BUYERS, name: 'c' }, 400, 'invalid_query', 'name'],
    ['no form', 'PUT', '/cohorts/c', {}, 400, 'invalid_query', ''],
    ['two forms', 'PUT', '/cohorts/c', { ...BUYERS, people: [] }, 400, 'invalid_query', ''],
    ['a form of nothing', 'PUT', '/cohorts/c', { performed: null }, 400, 'invalid_query', 'performed'],
    ['itself', 'PUT', '/cohorts/c', { not: { cohort: 'c' } }, 400, 'invalid_query', 'cohort'],
    ['a name', 'PUT', '/cohorts/c', 'known', 400, 'invalid_json', undefined],
    ['a name as JSON', 'PUT', '/cohorts/c', '"known"', 400, 'invalid_query', ''],
    ['one that others are made of', 'DELETE', '/cohorts/known', undefined, 400, 'invalid_query', 'name'],
    ['another method', 'POST', '/cohorts/known', BUYERS, 405, 'method_not_allowed', undefined],
  ])('refuses %s', async (_name, method, path, body, status, code, field) => {
    const server = await testServer()
    await server.cohorts.define({ name: 'known', ...BUYERS })
    await server.cohorts.define({ name: 'others', not: { cohort: 'known' } })
    const answer = await call(server, method, path, body === undefined ? {} : { body })
    expect(answer).toMatchObject({ status, body: { error: { code } } })
    expect((answer.body as { error: { field?: string } }).error.field).toBe(field)
    expect((await server.cohorts.list()).length).toBe(2)
  })
})
