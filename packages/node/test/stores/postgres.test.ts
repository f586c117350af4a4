import { type PostgresPool, postgresStore } from '@analytics/node/postgres'
import { sampleEvents, storeContract } from '@analytics/node/testing'
import type { StoredEvent } from '@analytics/protocol'
import pg from 'pg'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeStore, runContract } from '../support/contract.js'
import { outliveServer, type TestDatabase } from '../support/postgres.js'
import { postgresKind } from '../support/stores.js'

// The zones are those that databases are often run in: one with summer time, one with half an hour. The second sorts text by
// the rules of a language, as most databases do.
const kinds = [{ timezone: 'America/New_York' }, { timezone: 'Asia/Kolkata', locale: 'en-US' }].map(postgresKind)

for (const kind of kinds) describeStore(kind, () => runContract('the contract', storeContract, kind))

const ALWAYS = { from: 0, to: Date.UTC(2100, 0) }

async function collect<Item>(batches: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const items: Item[] = []
  for await (const batch of batches) items.push(...batch)
  return items
}

const idsOf = (events: readonly StoredEvent[]): string[] => events.map(({ eventId }) => eventId).sort()

/** A pool whose connection is lost at one statement, before the server has it or after it was done. */
function losingPool(pool: pg.Pool): { pool: PostgresPool; loseAt(statement: number, phase: 'before' | 'after'): void } {
  let left = 0
  let when: 'before' | 'after' = 'before'
  return {
    loseAt(statement, phase) {
      left = statement
      when = phase
    },
    pool: {
      async connect() {
        const client = await pool.connect()
        const lost = () => Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' })
        let isLost = false
        return {
          async query(query) {
            if (isLost) throw lost()
            isLost = --left === 0
            if (isLost && when === 'before') throw lost()
            const result = await client.query(query)
            if (isLost) throw lost()
            return result
          },
          release: (isDestroyed) => client.release(isDestroyed || isLost),
        }
      },
    },
  }
}

describeStore(kinds[0]!, () => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await kinds[0]!.server().createDatabase()
  })
  afterEach(() => database.drop())

  it('refuses a pool that is none, and a prefix that would reach SQL', () => {
    const wrong = expect.objectContaining({ code: 'invalid_options' })
    expect(() => postgresStore({} as { pool: PostgresPool })).toThrow(wrong)
    expect(() => postgresStore({ pool: database.pool, prefix: 'a; DROP' })).toThrow(wrong)
  })

  it('needs one connection at a time for a call, so that a small pool never waits for itself', async () => {
    const pool = outliveServer(new pg.Pool({ connectionString: database.url, max: 1 }))
    const store = postgresStore({ pool })
    await store.setup('auto')
    const events = sampleEvents({ count: 200 })
    await Promise.all([store.insertEvents(events), store.insertEvents(events.slice(50)), store.sealDay('2026-01-11')])
    await Promise.all([
      store.linkIdentities([{ anonymousId: 'visitor-1', userId: 'late' }]),
      store.personNumbers([{ userId: 'fresh', anonymousId: null }]),
      store.audit({ action: 'try', target: 'pool' }),
      store.acquireLease('work', { owner: 'a', ttlMs: 1000 }),
      store.rollups.compute({ grain: 'day', start: Date.UTC(2026, 0, 11) }),
      store.rollups.replace({ grain: 'week', start: Date.UTC(2026, 0, 5) }, []),
    ])
    await store.rollups.clearMarks(await store.rollups.marks(1000))
    await store.eraseSubject({ userIds: ['late'], anonymousIds: ['visitor-1'] })
    await store.expireIdentities(Date.now() + 1000)
    expect(await collect(store.readEvents(ALWAYS))).toHaveLength(
      events.filter(({ userId, anonymousId }) => userId !== null || anonymousId !== 'visitor-1').length,
    )
    await store.dropSealed(await store.sealDay('2026-01-11'))
    await pool.end()
  })

  it('stores a batch once, wherever the connection is lost, and tells where its outcome is unknown', async () => {
    const losing = losingPool(database.pool)
    const store = postgresStore({ pool: losing.pool })
    await store.setup('auto')
    const events = sampleEvents({ count: 800, people: 40 })
    let failures = 0
    for (let i = 0; i < 40; i++) {
      const batch = events.slice(i * 20, i * 20 + 20)
      losing.loseAt(1 + (i >> 1), i % 2 === 0 ? 'before' : 'after')
      const insert = () => store.insertEvents(batch)
      await insert().catch(() => {
        failures++
        return insert()
      })
      losing.loseAt(0, 'before')
    }
    expect(failures).toBeGreaterThan(0)
    expect(failures).toBeLessThan(10)
    expect(idsOf(await collect(store.readEvents(ALWAYS)))).toEqual(idsOf(events))
    const sessions = await collect(store.sessions.read(ALWAYS))
    expect(sessions.reduce((sum, { eventCount }) => sum + eventCount, 0)).toBe(events.length)
  })

  it('works where the database makes every transaction serializable, with many writers', async () => {
    await database.pool.query(`ALTER DATABASE ${database.name} SET default_transaction_isolation = 'serializable'`)
    const pool = outliveServer(new pg.Pool({ connectionString: database.url, max: 8 }))
    const store = postgresStore({ pool })
    await store.setup('auto')
    const events = sampleEvents({ count: 120 })
    await Promise.all(Array.from({ length: 8 }, () => store.insertEvents(events)))
    expect(idsOf(await collect(store.readEvents(ALWAYS)))).toEqual(idsOf(events))
    await pool.end()
  })

  it('goes on with other connections where the server ends those that it has', async () => {
    const store = postgresStore({ pool: database.pool })
    await store.setup('auto')
    const events = sampleEvents({ count: 30 })
    await store.insertEvents(events.slice(0, 10))
    const others = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database.name}' AND pid <> pg_backend_pid()`
    const admin = new pg.Client({ connectionString: database.url })
    await admin.connect()
    await admin.query(others)
    await store.insertEvents(events.slice(10))
    expect(await collect(store.readEvents(ALWAYS))).toHaveLength(30)
    await admin.end()
  })

  it('keeps all its tables in the first schema of the search path', async () => {
    await database.pool.query('CREATE SCHEMA app')
    const pool = outliveServer(new pg.Pool({ connectionString: database.url, options: '-c search_path=app', max: 4 }))
    const store = postgresStore({ pool })
    await store.setup('auto')
    await store.insertEvents(sampleEvents({ count: 20 }))
    const seal = await store.sealDay('2026-01-10')
    const { rows } = await database.pool.query(
      "SELECT DISTINCT schemaname FROM pg_tables WHERE tablename LIKE 'pf\\_%'",
    )
    expect(rows).toEqual([{ schemaname: 'app' }])
    expect(await store.dropSealed(seal)).toEqual({ rows: seal.rows })
    await pool.end()
  })
})
