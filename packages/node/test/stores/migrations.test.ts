import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HotStore } from '@analytics/node'
import { duckdbStore } from '@analytics/node/duckdb'
import { postgresStore } from '@analytics/node/postgres'
import { sampleEvent, sampleEvents } from '@analytics/node/testing'
import type { StoredEvent } from '@analytics/protocol'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { SCHEMA_VERSION } from '../../src/stores/sql/tables.js'
import { skipsPostgres, startPostgres, type TestDatabase, type TestPostgres } from '../support/postgres.js'

/** The tables of schema version 1, as the release that had it made them. */
const VERSION_1 = [
  'CREATE TABLE pf_analytics_meta (record_key VARCHAR NOT NULL, version BIGINT NOT NULL, body VARCHAR NOT NULL)',
  'CREATE TABLE pf_analytics_leases (record_key VARCHAR NOT NULL, version BIGINT NOT NULL, body VARCHAR NOT NULL, owner VARCHAR)',
  `CREATE TABLE pf_analytics_audit (record_key VARCHAR NOT NULL, version BIGINT NOT NULL, body VARCHAR NOT NULL,
    action VARCHAR, target VARCHAR, created_at TIMESTAMP)`,
  `CREATE TABLE pf_analytics_storage_tiers (record_key VARCHAR NOT NULL, version BIGINT NOT NULL, body VARCHAR NOT NULL,
    tier_name VARCHAR, date_range_start VARCHAR, date_range_end VARCHAR, storage_location VARCHAR, file_prefix VARCHAR,
    compression_type VARCHAR, encryption_enabled VARCHAR, records_count BIGINT, size_bytes BIGINT, created_at TIMESTAMP,
    last_accessed TIMESTAMP)`,
  `CREATE TABLE pf_user_events (event_id VARCHAR NOT NULL, event_type VARCHAR NOT NULL, event_category VARCHAR,
    event_action VARCHAR, event_label VARCHAR, event_value DOUBLE, user_id VARCHAR, anonymous_id VARCHAR,
    session_id VARCHAR NOT NULL, page_url VARCHAR, referrer_url VARCHAR, user_agent VARCHAR, ip_address VARCHAR,
    device_type VARCHAR, browser VARCHAR, os VARCHAR, country VARCHAR, properties VARCHAR, schema_version INTEGER NOT NULL,
    event_timestamp TIMESTAMP NOT NULL, received_timestamp TIMESTAMP, processing_timestamp TIMESTAMP,
    event_day DATE NOT NULL, person INTEGER NOT NULL, insert_number BIGINT NOT NULL)`,
  `CREATE TABLE pf_analytics_identities (person INTEGER NOT NULL, user_id VARCHAR, anonymous_id VARCHAR,
    linked_person INTEGER, linked_at BIGINT)`,
  `INSERT INTO pf_analytics_meta VALUES ('schema', 1, '{"version":1}'), ('dictionary', 1, '{"id":"the first dictionary"}'),
    ('seal/2026-01-10', 1, '{"day":"2026-01-10","id":"1","rows":2}'), ('sealed-number', 1, '1')`,
  `INSERT INTO pf_analytics_storage_tiers (record_key, version, body, tier_name) VALUES
    ('2026-01-01', 3, '{"tierName":"cold","recordsCount":5}', 'cold')`,
  `INSERT INTO pf_analytics_audit VALUES ('000000000001', 1, '{"action":"move"}', 'move', '2026-01-01', TIMESTAMP '2026-01-09')`,
  `INSERT INTO pf_analytics_identities VALUES (0, NULL, 'device', 1, 1768003200000), (1, 'anna', NULL, NULL, NULL),
    (2, NULL, 'stranger', NULL, NULL), (3, NULL, 'gone', NULL, NULL)`,
]

const START = Date.UTC(2026, 0, 10, 12)

/** What the old tables hold, and the number of each event's own id. */
const OLD_EVENTS: readonly [StoredEvent, number][] = [
  [sampleEvent({ anonymousId: 'device', sessionId: 'visit', eventTimestamp: START, pageUrl: 'https://a.example/' }), 0],
  [sampleEvent({ anonymousId: 'stranger', sessionId: 'other', eventTimestamp: START + 1, properties: { a: [1] } }), 2],
  [sampleEvent({ userId: 'anna', anonymousId: 'device', sessionId: 'visit', eventTimestamp: START + 3_600_000 }), 1],
  [sampleEvent({ userId: 'anna', sessionId: 'visit', eventTimestamp: START + 86_400_000, eventValue: 0.5 }), 1],
]

/** A file of version 1. Its rows came with two inserts. */
async function writeVersion1(path: string): Promise<void> {
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  for (const sql of VERSION_1) await connection.run(sql)
  for (const [i, [event, person]] of OLD_EVENTS.entries()) {
    const { eventTimestamp, receivedTimestamp, processingTimestamp, schemaVersion, properties, ...texts } = event
    const values = [...Object.values(texts), properties === null ? null : JSON.stringify(properties)]
    await connection.run(
      `INSERT INTO pf_user_events VALUES (${values.map((_, at) => `$${at + 1}`).join(', ')}, ${schemaVersion},
        epoch_ms(${eventTimestamp}), epoch_ms(${receivedTimestamp}), epoch_ms(${processingTimestamp}),
        epoch_ms(${eventTimestamp})::DATE, ${person}, ${i < 2 ? 1 : 2})`,
      values as (string | number | null)[],
    )
  }
  connection.closeSync()
  instance.closeSync()
}

async function collect<Item>(batches: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const items: Item[] = []
  for await (const batch of batches) items.push(...batch)
  return items
}

async function firstTimes(store: HotStore): Promise<[number, number][]> {
  const found: [number, number][] = []
  for await (const { person, time } of store.firstSeen.read())
    found.push(...Array.from(person, (one, row): [number, number] => [one, time[row]!]))
  return found
}

const ALWAYS = { from: 0, to: Date.UTC(2100, 0) }

describe('a DuckDB file', () => {
  let folder: string
  let path: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'analytics-migrations-'))
    path = join(folder, 'events.duckdb')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  /** Opens the file, does the work, and closes it. */
  async function withStore<Result>(work: (store: ReturnType<typeof duckdbStore>) => Promise<Result>): Promise<Result> {
    const store = duckdbStore({ path })
    try {
      return await work(store)
    } finally {
      await store.close()
    }
  }

  it('of version 1 becomes one of this version, with everything that it held', async () => {
    await writeVersion1(path)
    const events = OLD_EVENTS.map(([event]) => event)
    for (let opened = 0; opened < 2; opened++) {
      await withStore(async (store) => {
        await store.setup('auto')
        expect(await collect(store.readEvents(ALWAYS))).toEqual(events)
        expect(await store.dictionaryId()).toBe('the first dictionary')
        expect([await store.ownerOf('device'), await store.ownerOf('stranger')]).toEqual(['anna', undefined])
        expect([...(await store.people()).canonical]).toEqual([1, 1, 2, 3])
        expect([...(await store.personNumbers(events))]).toEqual(OLD_EVENTS.map(([, person]) => person))
        expect(await store.sealDay('2026-01-10')).toEqual({ day: '2026-01-10', id: '1', rows: 2 })
        expect(await store.records.get('tier', '2026-01-01')).toMatchObject({ version: 3, value: { recordsCount: 5 } })
        expect(await store.records.list('audit')).toHaveLength(1)
        expect(await store.insertEvents(events)).toEqual(Array(events.length).fill('duplicate'))
      })
    }
  })

  it('of version 1 gets the sessions and marks of its rows, once', async () => {
    await writeVersion1(path)
    const sessions = () =>
      withStore(async (store) => {
        await store.setup('auto')
        return collect(store.sessions.read(ALWAYS))
      })
    const first = await sessions()
    expect(first).toMatchObject([
      { sessionId: 'visit', person: 0, eventCount: 1, pageCount: 1, entryPage: 'https://a.example/' },
      { sessionId: 'other', person: 2, eventCount: 1 },
      { sessionId: 'visit', person: 1, eventCount: 2, startedAt: START + 3_600_000, endedAt: START + 86_400_000 },
    ])
    expect(await sessions()).toEqual(first)
    await withStore(async (store) => {
      await store.setup('auto')
      const marks = await store.rollups.marks(100)
      expect([...marks.hours].sort()).toEqual([START, START + 3_600_000, START + 86_400_000])
      expect(await store.rollups.compute({ grain: 'week', start: Date.UTC(2026, 0, 5) })).toEqual({ people: 2 })
    })
  })

  it('of version 1 takes new events, and lets go of ids that nothing is left of', async () => {
    await writeVersion1(path)
    await withStore(async (store) => {
      await store.setup('auto')
      await store.insertEvents([sampleEvent({ anonymousId: 'new', eventTimestamp: START + 5 })])
      const numbers = await store.personNumbers([
        { userId: null, anonymousId: 'new' },
        { userId: null, anonymousId: 'gone' },
      ])
      expect([...numbers]).toEqual([4, 3])
      expect(await store.expireIdentities(START)).toEqual({ rows: 1 })
      const [again] = await store.personNumbers([{ userId: null, anonymousId: 'gone' }])
      expect(again).toBe(5)
    })
  })

  it('of version 1 is named with the command that brings it up to date, and left as it is', async () => {
    await writeVersion1(path)
    for (let i = 0; i < 2; i++) {
      const refused = withStore((store) => store.setup('check'))
      await expect(refused).rejects.toMatchObject({ code: 'schema_mismatch' })
      await expect(refused).rejects.toThrow('`npx @analytics/node schema duckdb --prefix pf_ --from 1`')
    }
  })

  it('of version 2 gets the tables of dead letters, definitions and first times, and keeps what it held', async () => {
    const events = sampleEvents({ count: 30 })
    await withStore(async (store) => {
      await store.setup('auto')
      await store.insertEvents(events)
      const { version } = (await store.records.get('meta', 'schema'))!
      await store.records.put('meta', 'schema', { version: 2 }, version)
    })
    const instance = await DuckDBInstance.create(path)
    const connection = await instance.connect()
    // All that versions 3 and 4 brought.
    await connection.run('DROP TABLE pf_analytics_dead_letters')
    await connection.run('DROP TABLE pf_analytics_definitions')
    await connection.run('DROP TABLE pf_analytics_first_seen')
    await connection.run(`DELETE FROM pf_analytics_meta WHERE record_key = 'first-seen'`)
    connection.closeSync()
    instance.closeSync()
    await expect(withStore((store) => store.setup('check'))).rejects.toThrow('schema duckdb --prefix pf_ --from 2')
    for (let opened = 0; opened < 2; opened++) {
      await withStore(async (store) => {
        await store.setup('auto')
        expect(await store.insertEvents(events)).toEqual(Array(30).fill('duplicate'))
        await store.records.put('dead-letter', `letter ${opened}`, { at: START }, 0)
        expect(await store.records.list('dead-letter')).toHaveLength(opened + 1)
        await store.records.put('definition', `metric/a/${opened}`, { at: START }, 0)
        expect(await store.records.list('definition')).toHaveLength(opened + 1)
        await store.insertEvents([sampleEvent({ anonymousId: 'new', eventTimestamp: START - opened })])
        const [person] = await store.personNumbers([{ userId: null, anonymousId: 'new' }])
        // Of what came before the table it knows nothing, and says so.
        expect(await firstTimes(store)).toEqual([[person, START - opened]])
        expect(await store.firstSeen.isWhole()).toBe(false)
      })
    }
  })

  it('without tables is named with the command that makes them', async () => {
    const refused = withStore((store) => store.setup('check'))
    await expect(refused).rejects.toMatchObject({ code: 'schema_mismatch' })
    await expect(refused).rejects.toThrow('`npx @analytics/node schema duckdb --prefix pf_`')
  })

  it('of a later version is refused, whatever the mode', async () => {
    await withStore(async (store) => {
      await store.setup('auto')
      const { version } = (await store.records.get('meta', 'schema'))!
      await store.records.put('meta', 'schema', { version: SCHEMA_VERSION + 1 }, version)
    })
    for (const mode of ['auto', 'check'] as const)
      await expect(withStore((store) => store.setup(mode))).rejects.toMatchObject({ code: 'schema_mismatch' })
  })

  it('is set up twice, and at the same time, without a change', async () => {
    await withStore(async (store) => {
      await Promise.all([store.setup('auto'), store.setup('auto'), store.setup('auto')])
      const events = sampleEvents({ count: 30 })
      await store.insertEvents(events)
      const dictionary = await store.dictionaryId()
      await Promise.all([store.setup('auto'), store.setup('check')])
      expect(await store.dictionaryId()).toBe(dictionary)
      expect(await collect(store.readEvents(ALWAYS))).toHaveLength(30)
    })
  })
})

describe.skipIf(skipsPostgres())('a Postgres database', () => {
  let server: TestPostgres
  let database: TestDatabase
  beforeAll(async () => {
    server = await startPostgres({ timezone: 'Asia/Kolkata' })
  })
  afterAll(() => server?.stop())
  beforeEach(async () => {
    database = await server.createDatabase()
  })
  afterEach(() => database.drop())

  it('is set up by several at the same time, once', async () => {
    const stores = Array.from({ length: 4 }, () => postgresStore({ pool: database.pool }))
    await Promise.all(stores.map((store) => store.setup('auto')))
    const ids = await Promise.all(stores.map((store) => store.dictionaryId()))
    expect(new Set(ids).size).toBe(1)
    expect(ids[0]).toMatch(/^[0-9A-Z]{26}$/)
    const events = sampleEvents({ count: 40 })
    const outcomes = await Promise.all(stores.map((store) => store.insertEvents(events)))
    expect(outcomes.flat().filter((outcome) => outcome === 'inserted')).toHaveLength(40)
  })

  it('is set up twice without a change, under several prefixes apart from each other', async () => {
    const store = postgresStore({ pool: database.pool })
    const other = postgresStore({ pool: database.pool, prefix: 'Other_1_' })
    for (const one of [store, other, store, other]) await one.setup('auto')
    await store.insertEvents(sampleEvents({ count: 10 }))
    await store.setup('auto')
    await store.setup('check')
    await store.setup('off')
    expect(await collect(store.readEvents(ALWAYS))).toHaveLength(10)
    expect(await collect(other.readEvents(ALWAYS))).toHaveLength(0)
    expect(await other.dictionaryId()).not.toBe(await store.dictionaryId())
  })

  it('is named with the command that makes its tables, or brings them up to date', async () => {
    const store = postgresStore({ pool: database.pool, prefix: 'app_' })
    await expect(store.setup('check')).rejects.toMatchObject({ code: 'schema_mismatch' })
    await expect(store.setup('check')).rejects.toThrow('`npx @analytics/node schema postgres --prefix app_`')
    await store.setup('auto')
    await store.records.put('meta', 'schema', { version: 1 }, 1)
    await expect(store.setup('check')).rejects.toThrow('`npx @analytics/node schema postgres --prefix app_ --from 1`')
    await store.records.put('meta', 'schema', { version: SCHEMA_VERSION + 1 }, 2)
    for (const mode of ['auto', 'check'] as const)
      await expect(store.setup(mode)).rejects.toMatchObject({ code: 'schema_mismatch' })
  })

  it('has tables made by the printed statements that need no more setting up', async () => {
    const { postgresSchema } = await import('@analytics/node/postgres')
    for (const sql of postgresSchema()) await database.pool.query(sql)
    for (const sql of postgresSchema()) await database.pool.query(sql)
    const store = postgresStore({ pool: database.pool })
    await store.setup('auto')
    await store.setup('check')
    expect(await store.dictionaryId()).not.toBe('')
  })
})
