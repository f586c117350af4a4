import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Analytics, createAnalytics, type HotStore, type ImportEvent, verifyReceipt } from '@analytics/node'
import { duckdbStore } from '@analytics/node/duckdb'
import { memoryStore } from '@analytics/node/memory'
import { DAY_MS } from '@analytics/protocol'
import { createTiering, type Tiering, type ErasureReceipt as TieringReceipt } from '@analytics/tiering'
import { fileObjectStore } from '@analytics/tiering/file'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const START = Date.UTC(2026, 0, 10)
const RANGE = { from: '2026-01-01', to: '2026-05-01' }
const ADMIN_KEY = 'ak_erasure_0123456789'

/** Long enough that no other text has it, and not compressed away. */
const idOf = (person: number): string => `person-${String(person).padStart(4, '0')}-0a1b2c3d4e5f`
const ANNA = idOf(7)

/** A tenth of a hundred days of 40 people, one of whom has two devices, one of them before they signed in. */
function* visits(): Generator<ImportEvent> {
  for (let day = 0; day < 100; day += 10) {
    for (let person = 0; person < 40; person++) {
      const event = (eventType: string, ids: object, minutes: number): ImportEvent => ({
        eventType,
        ...ids,
        sessionId: `session-${person}-${day}`,
        timestamp: new Date(START + day * DAY_MS + (person * 20 + minutes) * 60_000).toISOString(),
        properties: { amount: person },
      })
      yield event('view', { anonymousId: `device-of-${idOf(person)}` }, 0)
      yield event('buy', { anonymousId: `device-of-${idOf(person)}`, userId: idOf(person) }, 1)
      yield event('buy', { anonymousId: `phone-of-${idOf(person)}`, userId: idOf(person) }, 2)
    }
  }
}

describe.each([
  ['duckdb', (folder: string): HotStore => duckdbStore({ path: join(folder, 'hot.duckdb') })],
  ['memory', (): HotStore => memoryStore()],
])('a person erased from %s and object storage', (name, openStore) => {
  let folder: string
  let now: number
  let store: HotStore
  let tiering: Tiering
  let analytics: Analytics

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'analytics-erasure-'))
    now = START + 120 * DAY_MS
    store = openStore(folder)
    const cold = fileObjectStore({ dir: join(folder, 'cold'), now: () => now })
    tiering = createTiering({ hot: store, cold, policy: { dropAfter: '60d', archiveAfter: '1y' }, now: () => now })
    analytics = await createAnalytics({
      store,
      tiering,
      jobs: false,
      now: () => now,
      keys: [{ key: ADMIN_KEY, scope: 'admin' }],
    })
    await analytics.import(visits())
    const { failed } = await tiering.run()
    expect(failed).toEqual([])
  })
  afterEach(async () => {
    await tiering.close()
    await analytics.close()
    await rm(folder, { recursive: true, force: true })
  })

  const buyers = async () => {
    const metrics = ['users', 'events'] as const
    const trend = await analytics.query({ kind: 'trend', range: RANGE, metrics, interval: 'month' })
    return trend.result
  }
  const eventsOf = async (userId: string) => {
    const { result } = await analytics.query({ kind: 'events', range: RANGE, userId, limit: 1000 })
    return result.events
  }
  const bytesOfFile = async () => {
    const files = (await readdir(folder)).filter((file) => file.startsWith('hot.duckdb') && !file.endsWith('.tmp'))
    return (await Promise.all(files.map((file) => readFile(join(folder, file), 'latin1')))).join()
  }
  const request = (method: string, path: string) =>
    analytics.handler(new Request(`http://host${path}`, { method, headers: { authorization: `Bearer ${ADMIN_KEY}` } }))

  it('is nowhere any more, by a receipt that can be checked', async () => {
    expect((await eventsOf(ANNA)).length).toBe(30)
    const others = await eventsOf(idOf(8))
    const asked = await analytics.privacy.erase({ userId: ANNA })
    expect(asked).toMatchObject({ state: 'pending', isOverdue: false })

    // At once: no query shows the person, and nothing of the person is taken.
    expect(await eventsOf(ANNA)).toEqual([])
    const seen = JSON.stringify(await buyers())
    const theirs = [...visits()].filter((event) => JSON.stringify(event).includes(ANNA))
    expect(await analytics.import(theirs)).toMatchObject({ imported: 0 })
    expect(await eventsOf(ANNA)).toEqual([])
    expect(JSON.stringify(await buyers())).toBe(seen)

    now += 61_000
    const run = await analytics.jobs.run('erase')
    expect(run).toMatchObject({ outcome: 'done', facts: { completed: 1, pending: 0 } })
    expect(await analytics.privacy.status(asked.id)).toMatchObject({ state: 'complete', completedAt: now, waiting: [] })
    expect(await eventsOf(ANNA)).toEqual([])
    expect(await eventsOf(idOf(8))).toEqual(others)
    for await (const event of tiering.scan({ from: 0, to: Number.MAX_SAFE_INTEGER }))
      expect(JSON.stringify(event)).not.toContain(ANNA)
    expect((await tiering.verify({ deep: true })).problems).toEqual([])

    const receipt = await analytics.privacy.receipt(asked.id)
    expect(verifyReceipt(receipt)).toBe(true)
    expect(verifyReceipt({ ...receipt, body: { ...receipt.body, completedAt: '2020-01-01' } })).toBe(false)
    expect(verifyReceipt(receipt, 'another key')).toBe(false)
    expect(JSON.stringify(receipt)).not.toContain(ANNA)
    const inStorage = receipt.body.tiering!
    expect(verifyReceipt(inStorage)).toBe(true)
    const { objects, hotRows } = inStorage.body as TieringReceipt
    const days = new Set(objects.map(({ day }) => day)).size
    expect(days).toBeGreaterThan(3)
    expect(objects.reduce((sum, { removed }) => sum + removed, 0)).toBe(days * 3)
    expect(hotRows).toMatchObject({ events: 30 - days * 3, identities: 3 })
  })

  it('leaves no byte in the file of the hot store', async ({ skip }) => {
    if (name !== 'duckdb') skip('keeps nothing in a file')
    const people = [ANNA, idOf(8)]
    await analytics.cohorts.define({ name: 'list', people })
    expect(await bytesOfFile()).toContain(ANNA)
    const { id } = await analytics.privacy.erase({ userId: ANNA })
    now += 61_000
    await analytics.jobs.run('erase')
    const { file } = (await analytics.privacy.receipt(id)).body
    expect(file).toMatchObject({ searched: 3, foundAfter: 0 })
    // The search can find them: without that, finding nothing would say nothing.
    expect(file!.foundBefore).toBeGreaterThan(0)
    const bytes = await bytesOfFile()
    expect(bytes).not.toContain(ANNA)
    expect(bytes).toContain(idOf(8))
    expect((await analytics.cohorts.get('list')).definition).toEqual({ people: [idOf(8)] })
  })

  it('is restored from the archive, and does not come back with it', async () => {
    now = START + 500 * DAY_MS
    expect((await analytics.jobs.run('archive')).facts).toMatchObject({ failed: 0 })
    const { id } = await analytics.privacy.erase({ userId: ANNA })
    now += 61_000
    await analytics.jobs.run('erase')
    now += 3_600_000
    await analytics.jobs.run('erase')
    expect((await analytics.privacy.status(id)).state).toBe('complete')
    await analytics.jobs.run('archive')
    await tiering.restore.request({ from: START, to: START + 200 * DAY_MS })
    expect(await eventsOf(ANNA)).toEqual([])
    expect((await eventsOf(idOf(8))).length).toBe(30)
  })

  it('is asked for and followed over HTTP, by admins', async () => {
    const answer = await request('DELETE', `/users/${encodeURIComponent(ANNA)}`)
    expect(answer.status).toBe(202)
    const { erasureId } = (await answer.json()) as { erasureId: string }
    expect(await (await request('GET', `/erasures/${erasureId}`)).json()).toMatchObject({ state: 'pending' })
    now += 61_000
    await analytics.jobs.run('erase')
    const done = (await (await request('GET', `/erasures/${erasureId}`)).json()) as { receipt: never }
    expect(done).toMatchObject({ state: 'complete', receipt: { body: { id: erasureId } } })
    expect(verifyReceipt(done.receipt)).toBe(true)
    expect((await request('GET', '/erasures/none')).status).toBe(404)
    expect((await request('DELETE', '/users/%ff')).status).toBe(404)
    expect((await request('DELETE', '/users')).status).toBe(404)
    expect((await request('GET', `/users/${ANNA}`)).status).toBe(405)
    const stranger = new Request(`http://host/users/${ANNA}`, { method: 'DELETE' })
    expect((await analytics.handler(stranger)).status).toBe(401)
  })

  it('says what a hold keeps, and goes on when it ends', async () => {
    const hold = await tiering.hold.add({ from: START, to: START + DAY_MS, reason: 'a case' })
    const { id } = await analytics.privacy.erase({ userId: ANNA })
    now += 61_000
    await analytics.jobs.run('erase')
    expect(await analytics.privacy.status(id)).toMatchObject({
      state: 'blocked',
      waiting: [{ reason: 'hold', day: '2026-01-10' }],
    })
    expect(await eventsOf(ANNA)).toEqual([])
    await tiering.hold.release(hold.id)
    await analytics.jobs.run('erase')
    expect((await analytics.privacy.status(id)).state).toBe('complete')
  })
})

describe('a person erased where there is no object storage', () => {
  it('is gone once nothing can come of them any more', async () => {
    let now = START + 100 * DAY_MS
    const store = memoryStore()
    const analytics = await createAnalytics({ store, jobs: false, now: () => now })
    await analytics.import(visits())
    const { id } = await analytics.privacy.erase({ anonymousId: `phone-of-${ANNA}` })
    expect(await analytics.privacy.status(id)).toMatchObject({ state: 'pending', waiting: [{ reason: 'settling' }] })
    await expect(analytics.privacy.receipt(id)).rejects.toMatchObject({ code: 'not_found' })
    now += 61_000
    await analytics.jobs.run('erase')
    const { body } = await analytics.privacy.receipt(id)
    expect(body).toMatchObject({ hotRows: { events: 30, identities: 3 }, tiering: null, file: null })
    expect(JSON.stringify(await store.records.list('meta'))).not.toContain(ANNA)
    await expect(analytics.privacy.erase({ userId: '' })).rejects.toMatchObject({ code: 'invalid_identity' })
    await expect(analytics.privacy.status('none')).rejects.toMatchObject({ code: 'not_found' })
    // Whoever comes back of their own will is stored again.
    await analytics.privacy.unsuppress({ userId: ANNA })
    await analytics.track({ eventType: 'view', userId: ANNA })
    await analytics.close()
  })
})
