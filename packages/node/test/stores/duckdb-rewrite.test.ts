import { existsSync } from 'node:fs'
import { chmod, mkdtemp, open, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { duckdbStore } from '@analytics/node/duckdb'
import { memoryStore } from '@analytics/node/memory'
import { sampleEvent, sampleEvents } from '@analytics/node/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HotStore } from '../../src/store.js'
import { type Database, openDatabase, rowsOf } from '../../src/stores/duckdb/database.js'
import { findTexts } from '../../src/stores/duckdb/find-texts.js'

const FROM = Date.UTC(2026, 0, 1)
const TO = Date.UTC(2026, 1, 1)
const ERASED = 'visitor-who-asked-to-be-forgotten-4711'
const KEPT = 'visitor-who-stays-with-us-for-longer-0815'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'analytics-rewrite-'))
  path = join(folder, 'events.duckdb')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function openStore(): Promise<HotStore> {
  const store = duckdbStore({ path })
  await store.setup('auto')
  return store
}

/** Events of many people, of one who will be erased and of one who stays. */
function someEvents() {
  const own = [ERASED, KEPT].flatMap((anonymousId) =>
    Array.from({ length: 200 }, (_, i) =>
      sampleEvent({
        anonymousId,
        eventTimestamp: FROM + i * 60_000,
        sessionId: `${anonymousId}-session`,
        properties: { note: `${anonymousId} wrote ${i}`, long: 'x'.repeat(i * 40) },
      }),
    ),
  )
  return [...sampleEvents({ count: 20_000, people: 300 }), ...own]
}

async function collect<Item>(batches: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const all: Item[] = []
  for await (const batch of batches) all.push(...batch)
  return all
}

/** When each id first did something, in the order of their numbers. */
async function firstTimes(store: HotStore): Promise<[number, number][]> {
  const found: [number, number][] = []
  for await (const { person, time } of store.firstSeen.read())
    person.forEach((one, row) => {
      found.push([one, time[row]!])
    })
  return found.sort(([a], [b]) => a - b)
}

/** Everything that a store tells of its rows. */
async function contentOf(store: HotStore) {
  const { count, canonical } = await store.people()
  return {
    events: await collect(store.readEvents({ from: FROM, to: TO, order: 'asc' })),
    days: await store.listDays(),
    sessions: await collect(store.sessions.read({ from: FROM, to: TO })),
    firstSeen: await firstTimes(store),
    people: { count, canonical: [...canonical] },
    numbers: [...(await store.personNumbers([{ userId: null, anonymousId: KEPT }]))],
    dictionary: await store.dictionaryId(),
    meta: await store.records.list('meta'),
    marks: await store.rollups.marks(1000),
  }
}

describe('a rewrite of the DuckDB file', () => {
  it('leaves nothing of erased people in it, and everything else as it was', async () => {
    const events = someEvents()
    const filling = await openStore()
    for (let i = 0; i < events.length; i += 1000) await filling.insertEvents(events.slice(i, i + 1000))
    await filling.linkIdentities([{ anonymousId: KEPT, userId: 'user-0' }])
    // The rows come from the log into the file.
    await filling.close()
    const store = await openStore()
    await store.eraseSubject({ userIds: [], anonymousIds: [ERASED] })
    const before = await contentOf(store)
    expect((await readFile(path)).includes(ERASED)).toBe(true)

    const { bytesBefore, bytesAfter, ...found } = await store.rewriteFile!({ texts: [ERASED, 'never seen', ''] })

    expect(found).toEqual({ foundBefore: 1, foundAfter: 0 })
    expect(bytesBefore).toBeGreaterThan(0)
    expect(bytesAfter).toBe((await stat(path)).size)
    expect(await readdir(folder)).toEqual(['events.duckdb'])
    const bytes = await readFile(path)
    expect(bytes.includes(ERASED)).toBe(false)
    expect(bytes.includes(KEPT)).toBe(true)
    expect(await contentOf(store)).toEqual(before)

    const old = events.find(({ anonymousId }) => anonymousId === KEPT)!
    expect(await store.insertEvents([old, sampleEvent({ eventTimestamp: FROM })])).toEqual(['duplicate', 'inserted'])
    await store.close()
    const reopened = await openStore()
    expect(await reopened.insertEvents([old])).toEqual(['duplicate'])
    expect((await contentOf(reopened)).events).toHaveLength(before.events.length + 1)
    await reopened.close()
  })

  it('finds texts in the log of the old file too', async () => {
    const store = await openStore()
    await store.insertEvents([sampleEvent({ anonymousId: ERASED })])
    expect((await readFile(path)).includes(ERASED)).toBe(false)
    await store.eraseSubject({ userIds: [], anonymousIds: [ERASED] })
    expect(await store.rewriteFile!({ texts: [ERASED] })).toMatchObject({ foundBefore: 1, foundAfter: 0 })
    await store.close()
  })

  it('takes writes that are asked for meanwhile, and loses none', async () => {
    const store = await openStore()
    await store.insertEvents(someEvents().slice(-1000))
    const ids: string[] = []
    let isOver = false
    const writer = async (part: number) => {
      for (let i = 0; !isOver; i++) {
        const event = sampleEvent({ anonymousId: `w${part}-${i}`, eventTimestamp: FROM + i })
        expect(await store.insertEvents([event])).toEqual(['inserted'])
        ids.push(event.eventId)
      }
    }
    const reader = async () => {
      while (!isOver) {
        await store.listDays()
        await collect(store.readEvents({ from: FROM, to: TO, order: 'desc', limit: 10 }))
      }
    }
    const others = [writer(0), writer(1), writer(2), reader(), reader()]
    for (let i = 0; i < 5; i++) await store.rewriteFile!({ texts: [] })
    isOver = true
    await Promise.all(others)
    expect(ids.length).toBeGreaterThan(5)
    const rows = await collect(store.readEvents({ from: FROM, to: TO, order: 'asc' }))
    expect(
      rows
        .map(({ eventId }) => eventId)
        .filter((id) => ids.includes(id))
        .sort(),
    ).toEqual(ids.sort())
    const sessions = await collect(store.sessions.read({ from: FROM, to: TO }))
    expect(sessions.reduce((sum, { eventCount }) => sum + eventCount, 0)).toBe(rows.length)
    await store.close()
  })

  it('serves whoever was lent the rows of a seal before', async () => {
    const store = await openStore()
    await store.insertEvents(someEvents().slice(-400))
    const seal = await store.sealDay('2026-01-01')
    const { from, where, connect } = await store.lendSealed!(seal)
    await store.rewriteFile!({ texts: [] })
    const connection = await connect()
    const result = await connection.runAndReadAll(`SELECT count(*)::INTEGER FROM ${from} WHERE ${where}`)
    expect(result.getRows()).toEqual([[seal.rows]])
    connection.closeSync()
    expect(await collect(store.readSealed(seal))).toHaveLength(seal.rows)
    expect(await store.dropSealed(seal)).toEqual({ rows: seal.rows })
    await store.close()
  })

  it('waits for streams, and is not held up by those that were left or aborted', async () => {
    const store = await openStore()
    await store.insertEvents(sampleEvents({ count: 5000 }))
    const request = { from: FROM, to: TO, order: 'asc' } as const
    const left = store.readEvents(request)[Symbol.asyncIterator]()
    await left.next()
    await left.return!(undefined)
    const abort = new AbortController()
    const aborted = store.readEvents({ ...request, signal: abort.signal })[Symbol.asyncIterator]()
    await aborted.next()
    abort.abort()
    await expect(aborted.next()).rejects.toMatchObject({ name: 'AbortError' })

    const stream = store.readEvents(request)[Symbol.asyncIterator]()
    let rows = (await stream.next()).value!.length
    let isDone = false
    const rewrite = store.rewriteFile!({ texts: [] }).finally(() => {
      isDone = true
    })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(isDone).toBe(false)
    for (let step = await stream.next(); !step.done; step = await stream.next()) rows += step.value.length
    expect(rows).toBe(5000)
    await rewrite
    await store.close()
  })

  it('does nothing where there is no file', async () => {
    const store = duckdbStore({ path: ':memory:' })
    await store.setup('auto')
    const nothing = { foundBefore: 0, foundAfter: 0, bytesBefore: 0, bytesAfter: 0 }
    expect(await store.rewriteFile!({ texts: ['a'] })).toEqual(nothing)
    await store.close()
    await expect(store.rewriteFile!({ texts: ['a'] })).rejects.toMatchObject({ code: 'closed' })
    expect(memoryStore().rewriteFile).toBeUndefined()
  })
})

describe('the DuckDB file while it is rewritten', () => {
  let database: Database
  const openIt = () => openDatabase({ path, memoryLimit: '256MB', threads: 2, rewriteWaitMs: 200 })
  const run = (sql: string) =>
    database.write(async (connection) => {
      await connection.run(sql)
    })
  const ask = (sql: string) => database.read((connection) => rowsOf(connection, sql))
  /** Resolves when nothing but reads is waited for any more. */
  const copied = async () => {
    while (!existsSync(`${path}.rewrite`)) await new Promise((resolve) => setTimeout(resolve, 1))
    await new Promise((resolve) => setTimeout(resolve, 60))
  }
  beforeEach(async () => {
    database = await openIt()
    await run(`CREATE TABLE facts (id BIGINT PRIMARY KEY, name VARCHAR NOT NULL DEFAULT 'none', other VARCHAR UNIQUE,
      instant TIMESTAMP, CHECK (id >= 0))`)
    await run('CREATE INDEX by_name ON facts (name)')
    await run('CREATE SEQUENCE numbers START 7')
    await run(`INSERT INTO facts SELECT i, 'name ' || i, 'other ' || i, epoch_ms(i) FROM range(20000) numbers(i)`)
    await run('DELETE FROM facts WHERE id % 3 = 0')
  })
  afterEach(() => database.close())

  it('keeps types, defaults, keys, indexes, sequences and the order of rows', async () => {
    const described = async () => {
      const facts: unknown[] = []
      for (const [from, columns] of [
        ['duckdb_columns()', 'table_name, column_name, column_index, data_type, is_nullable, column_default'],
        ['duckdb_constraints()', 'table_name, constraint_type, constraint_text, constraint_column_names::VARCHAR'],
        ['duckdb_indexes()', 'table_name, index_name, is_unique, is_primary, expressions, sql'],
        ['duckdb_sequences()', 'sequence_name, increment_by'],
      ] as const)
        facts.push(await ask(`SELECT ${columns} FROM ${from} WHERE database_name = 'analytics' ORDER BY ALL`))
      return [...facts, await ask('SELECT * EXCLUDE (instant), epoch_ms(instant)::DOUBLE FROM facts')]
    }
    await run(`INSERT INTO facts (id) VALUES (nextval('numbers') * 3)`)
    const before = await described()
    await database.rewrite({ texts: [] })
    expect(await described()).toEqual(before)
    await expect(run(`INSERT INTO facts (id) VALUES (1)`)).rejects.toThrow(/duplicate key/i)
    expect(await ask(`SELECT nextval('numbers')::INTEGER`)).toEqual([[8]])
    const groups = `SELECT max(count)::INTEGER FROM pragma_storage_info('facts') WHERE segment_type <> 'VALIDITY'`
    expect(Number((await ask(groups))[0]![0])).toBeLessThanOrEqual(16_384)
  })

  it('is as before where reads do not end in time, and says so', async () => {
    const reading = await database.connect()
    const waiting = database.rewrite({ texts: ['name 7'] })
    const late = run('DELETE FROM facts WHERE id = 1')
    await expect(waiting).rejects.toMatchObject({ code: 'overloaded', retryable: true })
    await late
    expect(await readdir(folder)).toEqual(expect.not.arrayContaining(['events.duckdb.rewrite']))
    expect(await ask('SELECT count(*)::INTEGER FROM facts')).toEqual([[13_332]])
    reading.closeSync()
    reading.closeSync()
    await database.rewrite({ texts: ['name 7'] })
    expect(await ask('SELECT count(*)::INTEGER FROM facts')).toEqual([[13_332]])
  })

  it('lends a second connection to who has one, and goes on with reads that waited', async () => {
    const first = await database.connect()
    const rewrite = database.rewrite({ texts: [] })
    await copied()
    const second = await database.connect()
    first.closeSync()
    second.closeSync()
    await rewrite

    const slow = await database.connect()
    const failing = database.rewrite({ texts: [] })
    await copied()
    const reads = Array.from({ length: 20 }, () => ask('SELECT 1'))
    await expect(failing).rejects.toMatchObject({ code: 'overloaded' })
    await Promise.all(reads)
    slow.closeSync()
  })

  it('is opened by the next call where the rewrite could not', async () => {
    const reading = await database.connect()
    const stream = await reading.stream('SELECT * FROM facts')
    await stream.fetchChunk()
    // Without the end of its stream, which holds the old file open.
    reading.closeSync()
    const failure = { code: 'store_unavailable', message: expect.stringContaining('could not be opened') }
    await expect(database.rewrite({ texts: [] })).rejects.toMatchObject(failure)
    await expect(ask('SELECT 1')).rejects.toMatchObject(failure)
    await expect(run('DELETE FROM facts')).rejects.toMatchObject(failure)
    await expect(database.connect()).rejects.toMatchObject(failure)
    while (((await stream.fetchChunk())?.rowCount ?? 0) > 0);
    expect(await ask('SELECT count(*)::INTEGER FROM facts')).toEqual([[13_333]])
    await run('DELETE FROM facts WHERE id = 1')
    await database.rewrite({ texts: [] })
    expect(await ask('SELECT count(*)::INTEGER FROM facts')).toEqual([[13_332]])
  })

  it('stays locked for other processes when it was searched', async () => {
    const reading = await database.connect()
    await expect(database.rewrite({ texts: ['name 7'] })).rejects.toMatchObject({ code: 'overloaded' })
    const { ino } = await stat(path)
    // By this process: the number of a file that is gone may be given to a new one, which another process locks.
    const isLocked = async () => {
      const locks = (await readFile('/proc/locks', 'utf8')).split('\n')
      return locks.some((lock) => lock.includes(`:${ino} `) && lock.split(/\s+/).includes(String(process.pid)))
    }
    if (existsSync('/proc/locks')) expect(await isLocked()).toBe(true)
    reading.closeSync()
    await database.rewrite({ texts: ['name 7'] })
    expect((await stat(path)).ino).not.toBe(ino)
    if (existsSync('/proc/locks')) expect(await isLocked()).toBe(false)
  })

  it('is not changed by a rewrite that is aborted', async () => {
    const { ino } = await stat(path)
    const reading = await database.connect()
    const abort = new AbortController()
    const rewrite = database.rewrite({ texts: [], signal: abort.signal })
    setTimeout(() => abort.abort(new Error('enough')), 60)
    await expect(rewrite).rejects.toThrow('enough')
    await expect(database.rewrite({ texts: [], signal: abort.signal })).rejects.toThrow('enough')
    reading.closeSync()
    expect((await stat(path)).ino).toBe(ino)
    expect(existsSync(`${path}.rewrite`)).toBe(false)
    expect(await ask('SELECT count(*)::INTEGER FROM facts')).toEqual([[13_333]])
  })

  it('may have been left by a process that was killed', async () => {
    await database.close()
    await writeFile(`${path}.rewrite`, 'half a file')
    await writeFile(`${path}.rewrite.wal`, 'half a log')
    database = await openIt()
    expect((await readdir(folder)).filter((name) => name.includes('rewrite'))).toEqual([])
    await writeFile(`${path}.rewrite`, 'half a file')
    await database.rewrite({ texts: [] })
    expect(await ask('SELECT count(*)::INTEGER FROM facts')).toEqual([[13_333]])
  })

  it('keeps its permissions, and may be a link', async () => {
    await database.close()
    await chmod(path, 0o600)
    await rename(path, join(folder, 'elsewhere.duckdb'))
    await symlink('elsewhere.duckdb', path)
    database = await openIt()
    await run('DELETE FROM facts WHERE id = 1')
    await database.rewrite({ texts: [] })
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await run('DELETE FROM facts WHERE id = 2')
    await database.close()
    expect((await readdir(folder)).sort()).toEqual(['elsewhere.duckdb', 'events.duckdb'])
    database = await openIt()
    expect(await ask('SELECT count(*)::INTEGER FROM facts')).toEqual([[13_331]])
  })

  it('says that it could not be written, and works on', async () => {
    await chmod(folder, 0o500)
    const isRoot = process.getuid?.() === 0
    const result = database.rewrite({ texts: [] }).catch((error) => error.code)
    expect(await result.finally(() => chmod(folder, 0o700))).toEqual(isRoot ? expect.anything() : 'store_unavailable')
    expect(await ask('SELECT count(*)::INTEGER FROM facts')).toEqual([[13_333]])
  })
})

describe('findTexts', () => {
  it('finds texts wherever the pieces end, and none that is not there', async () => {
    const file = join(folder, 'text')
    const piece = 256 * 1024
    for (const at of [0, 1, piece - 5, piece - 1, piece, 2 * piece - 3, 3 * piece + 11]) {
      const bytes = Buffer.alloc(4 * piece, 'a')
      bytes.write('nädle', at)
      await writeFile(file, bytes)
      const handle = await open(file, 'r')
      expect([...(await findTexts(handle, ['', 'nädle', 'nädles', 'aaaa', 'b']))].sort()).toEqual(['aaaa', 'nädle'])
      await handle.close()
    }
  })
})
