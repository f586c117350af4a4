import type { HotStore } from '@analytics/node'
import { oracleStore } from '@analytics/node/oracle'
import { sampleEvent, sampleEvents } from '@analytics/node/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { skipsStandIn, standInTemplate } from '../support/oracle/database.js'
import { createFaults, type Fault } from '../support/oracle/faults.js'
import { standInPool } from '../support/oracle/pool.js'
import { startPostgres, type TestDatabase, type TestPostgres } from '../support/postgres.js'

const DAY = '2026-01-15'
const NOON = Date.UTC(2026, 0, 15, 12)
const RANGE = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 1, 1) }
const PARTITION = /EXCHANGE PARTITION/i
const EVENTS = /^INSERT INTO pf_user_events/i

describe.skipIf(skipsStandIn())('oracleStore, when the driver fails', () => {
  const faults = createFaults()
  let postgres: TestPostgres
  let template: string
  let database: TestDatabase
  let pool: Awaited<ReturnType<typeof standInPool>>
  let store: HotStore

  beforeAll(async () => {
    postgres = await startPostgres()
    template = await standInTemplate(postgres)
  })
  afterAll(() => postgres.stop())
  beforeEach(async () => {
    database = await postgres.createDatabase({ template })
    pool = await standInPool({ database, version: '19c', poolMax: 6, queueTimeout: 3_000, faults })
    store = oracleStore({ pool, version: '19c' })
    await store.setup('auto')
  })
  afterEach(async () => {
    const left = { faultsThatNeverStruck: faults.pending(), connectionsNotGivenBack: pool.connectionsInUse }
    faults.clear()
    await pool.close(0)
    await database.drop()
    expect(left).toEqual({ faultsThatNeverStruck: 0, connectionsNotGivenBack: 0 })
  })

  const storedIds = async () => {
    const ids: string[] = []
    for await (const events of store.readEvents(RANGE)) ids.push(...events.map(({ eventId }) => eventId))
    return ids.sort()
  }
  const idsOf = (events: readonly { eventId: string }[]) => events.map(({ eventId }) => eventId).sort()

  it.each<Fault & { name: string }>([
    { name: 'a listener without a free handler', at: 'getConnection', error: 'ORA-12516', times: 2 },
    { name: 'a pool without a free connection', at: 'getConnection', error: 'NJS-040' },
    { name: 'a deadlock', at: 'execute', matching: EVENTS, error: 'ORA-00060' },
    { name: 'a connection lost in the middle', at: 'execute', matching: EVENTS, error: 'ORA-03113', when: 'after' },
    {
      name: 'a connection lost while sessions are written',
      at: 'execute',
      matching: /user_sessions/i,
      error: 'NJS-500',
    },
    { name: 'a call that takes too long', at: 'execute', matching: EVENTS, error: 'NJS-123' },
  ])('stores events once in spite of $name', async (fault) => {
    faults.add(fault)
    const events = sampleEvents({ count: 40 })
    expect(new Set(await store.insertEvents(events))).toEqual(new Set(['inserted']))
    expect(await storedIds()).toEqual(idsOf(events))
  })

  it.each(['before', 'after'] as const)(
    'says that nobody knows the outcome when the connection is lost %s a commit took effect; a retry settles it',
    async (when) => {
      const events = sampleEvents({ count: 40 })
      // People are numbered in transactions of their own before.
      await store.personNumbers(events)
      await store.linkIdentities(
        events.flatMap(({ userId, anonymousId }) => (userId && anonymousId ? [{ userId, anonymousId }] : [])),
      )
      const sessions = async () => {
        const all = []
        for await (const page of store.sessions.read(RANGE)) all.push(...page)
        return all.reduce((sum, { eventCount }) => sum + eventCount, 0)
      }
      faults.add({ at: 'commit', error: 'NJS-500', when, skip: await commitsBeforeInsert() })
      await expect(store.insertEvents(events)).rejects.toMatchObject({ code: 'NJS-500', outcome: 'unknown' })
      const again = await store.insertEvents(events)
      expect(new Set(again)).toEqual(new Set([when === 'after' ? 'duplicate' : 'inserted']))
      expect(await storedIds()).toEqual(idsOf(events))
      expect(await sessions()).toBe(events.length)
    },
  )

  /** Reads commit too, to end their snapshots: how many there are before the transaction of the events ends. */
  async function commitsBeforeInsert(): Promise<number> {
    let commits = 0
    const counting = {
      async getConnection() {
        const connection = await pool.getConnection()
        return new Proxy(connection, {
          get(target, name) {
            const member = Reflect.get(target, name) as unknown
            if (name === 'commit') commits++
            return typeof member === 'function' ? member.bind(target) : member
          },
          set: (target, name, value) => Reflect.set(target, name, value),
        })
      },
    }
    const other = oracleStore({ pool: counting, version: '19c', prefix: 'other_' })
    await other.setup('auto')
    const [first, second] = sampleEvents({ count: 2, people: 1 })
    await other.insertEvents([first!])
    commits = 0
    await other.insertEvents([second!])
    return commits - 1
  }

  it('reads again from the start where a snapshot is too old before the first row', async () => {
    const events = sampleEvents({ count: 3_000, days: 1 })
    await store.insertEvents(events)
    faults.add({ at: 'execute', matching: /ORDER BY event_timestamp/i, error: 'ORA-01555' })
    expect(await storedIds()).toEqual(idsOf(events))
  })

  it('never hands out part of a day as the whole when the connection is lost between two pages', async () => {
    await store.insertEvents(sampleEvents({ count: 3_000, days: 1 }))
    faults.add({ at: 'fetch', error: 'ORA-03113', skip: 1 })
    await expect(storedIds()).rejects.toMatchObject({ errorNum: 3113 })
    expect(await storedIds()).toHaveLength(3_000)
  })

  it('waits for a busy partition when it sets a day aside', async () => {
    await store.insertEvents([sampleEvent({ eventTimestamp: NOON })])
    faults.add({ at: 'execute', matching: PARTITION, error: 'ORA-00054', times: 2 })
    expect(await store.sealDay(DAY)).toMatchObject({ day: DAY, rows: 1 })
  })

  it.each(['before', 'after'] as const)(
    'goes on with a day whose exchange failed %s it took effect, and keeps late rows out of it',
    async (when) => {
      const events = sampleEvents({ count: 30, days: 1, start: Date.UTC(2026, 0, 15) })
      await store.insertEvents(events)
      faults.add({ at: 'execute', matching: PARTITION, error: 'NJS-500', when })
      await expect(store.sealDay(DAY)).rejects.toMatchObject({ code: 'NJS-500' })
      expect(await storedIds()).toEqual(idsOf(events))
      expect(await store.listDays()).toEqual([{ day: DAY, rows: 30 }])
      const seal = await store.sealDay(DAY)
      expect(seal.rows).toBe(30)
      expect(await store.sealDay(DAY)).toEqual(seal)
      const late = sampleEvent({ eventTimestamp: NOON })
      await store.insertEvents([late])
      expect(await storedIds()).toEqual(idsOf([...events, late]))
      expect((await store.dropSealed(seal)).rows).toBe(30)
      expect(await storedIds()).toEqual([late.eventId])
    },
  )

  it('drops a day whose drop lost its answer, and nothing that came later', async () => {
    await store.insertEvents([sampleEvent({ eventTimestamp: NOON })])
    const seal = await store.sealDay(DAY)
    const late = sampleEvent({ eventTimestamp: NOON + 1 })
    await store.insertEvents([late])
    faults.add({ at: 'execute', matching: /^DROP TABLE/i, error: 'NJS-500', when: 'after' })
    await expect(store.dropSealed(seal)).rejects.toMatchObject({ code: 'NJS-500' })
    await store.dropSealed(seal)
    expect(await storedIds()).toEqual([late.eventId])
    expect((await store.dropSealed(seal)).rows).toBe(0)
  })

  it('takes late rows of a day whose partition a killed process left read only', async () => {
    await store.insertEvents([sampleEvent({ eventTimestamp: NOON })])
    const seal = await store.sealDay(DAY)
    faults.add({ at: 'execute', matching: /DROP PARTITION FOR/i, error: 'NJS-500' })
    faults.add({ at: 'execute', matching: /READ WRITE/i, error: 'NJS-500' })
    await expect(store.dropSealed(seal)).rejects.toMatchObject({ code: 'NJS-500' })
    const late = sampleEvent({ eventTimestamp: NOON + 1 })
    expect(await store.insertEvents([late])).toEqual(['inserted'])
    expect(await storedIds()).toEqual([late.eventId])
  })
})
