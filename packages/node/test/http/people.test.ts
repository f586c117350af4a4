import type { FunnelQuery } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { ADMIN_KEY, answer, post, READ_KEY, testServer } from '../support/server.js'

const range = { from: '2026-01-01', to: '2100-01-01' }
const steps = [{ event: 'page_view' }, { event: 'signup' }]
const of: FunnelQuery = { kind: 'funnel', range, steps }
const query = { kind: 'people', of, cell: { step: 0 } } as const

async function servedPeople(options: Parameters<typeof testServer>[0] = {}) {
  const server = await testServer(options)
  for (const anonymousId of ['one', 'two', 'three']) await server.track({ eventType: 'page_view', anonymousId })
  await server.track({ eventType: 'signup', anonymousId: 'two', userId: 'anna' })
  return server
}

describe('people over HTTP', () => {
  it('are told to admin keys, and to no read key', async () => {
    const server = await servedPeople()
    const { status, body } = await answer(post(server, '/query', query, { key: ADMIN_KEY }))
    expect({ status, result: body.result }).toEqual({
      status: 200,
      result: {
        users: [
          { userId: null, anonymousIds: ['one'] },
          { userId: null, anonymousIds: ['three'] },
          { userId: 'anna', anonymousIds: ['two'] },
        ],
        total: 3,
      },
    })
    expect(await answer(post(server, '/query', query, { key: READ_KEY }))).toMatchObject({
      status: 403,
      body: { error: { code: 'key_scope' } },
    })
    expect((await post(server, '/query', of, { key: READ_KEY })).status).toBe(200)
  })

  it('are told to a login only where the host lets it do what an admin may', async () => {
    const allowed = new Set(['read'])
    const server = await servedPeople({ authorize: ({ scope }) => allowed.has(scope) })
    const ask = () => post(server, '/query', query, { key: '' }).then(({ status }) => status)
    expect(await ask()).toBe(401)
    allowed.add('admin')
    expect(await ask()).toBe(200)
  })

  it.each([
    ['of', { ...query, of: undefined }],
    ['of', { ...query, of: 'funnel' }],
    ['of.kind', { ...query, of: { kind: 'trend', range, metrics: ['users'] } }],
    ['of.kind', { ...query, of: query }],
    ['of.steps', { ...query, of: { ...of, steps: [] } }],
    ['of.range', { ...query, of: { ...of, range: undefined } }],
    ['cell', { ...query, cell: undefined }],
    ['cell', { ...query, cell: [] }],
    ['cell', { ...query, cell: { step: 0, start: '2026-01-01' } }],
    ['cell.step', { ...query, cell: { step: -1 } }],
    ['cell.step', { ...query, cell: { step: 1e9 } }],
    ['cell.step', { ...query, cell: { step: 2 } }],
    ['cell.dropped', { ...query, cell: { step: 0, dropped: true } }],
    ['of.cohort', { ...query, of: { kind: 'cohort', range }, cell: {} }],
    ['of.cohort.performed.event', { ...query, of: { ...of, cohort: { performed: {} } } }],
    ['', { ...query, cohort: { people: ['anna'] } }],
    ['cell', { ...query, of: { kind: 'cohort', range, cohort: { people: [] } }, cell: { size: 1 } }],
    ['cell.group', { ...query, cell: { step: 0, group: 'pro' } }],
    ['cell.group.isOther', { ...query, cell: { step: 0, group: { isOther: false } } }],
    ['limit', { ...query, limit: 0 }],
    ['limit', { ...query, limit: 1001 }],
    ['cursor', { ...query, cursor: '' }],
    ['cursor', { ...query, cursor: '1 OR 1' }],
    ['cursor', { ...query, cursor: '9'.repeat(400) }],
    ['', { ...query, range }],
  ])('are refused with the field %j at fault', async (field, body) => {
    const server = await testServer()
    const { status, body: said } = await answer(post(server, '/query', body, { key: ADMIN_KEY }))
    expect({ status, error: said.error }).toMatchObject({ status: 400, error: { code: 'invalid_query', field } })
  })

  it('say of which kinds there are any', async () => {
    const server = await testServer()
    const trend = { kind: 'trend', range, metrics: ['users'] }
    const { body } = await answer(post(server, '/query', { ...query, of: trend }, { key: ADMIN_KEY }))
    expect(body.error).toMatchObject({
      message:
        'of.kind: is no query of which people can be listed, which are: funnel, retention, lifecycle, stickiness, active-users, journeys, cohort.',
    })
  })

  it('are nobody behind a cursor that lies behind everybody', async () => {
    const server = await servedPeople()
    const { body } = await answer(post(server, '/query', { ...query, cursor: '9999999999' }, { key: ADMIN_KEY }))
    expect(body.result).toEqual({ users: [], total: 3 })
  })
})
