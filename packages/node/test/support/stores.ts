import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { duckdbStore } from '@analytics/node/duckdb'
import { memoryStore } from '@analytics/node/memory'
import { postgresStore } from '@analytics/node/postgres'
import type { StoreContext } from '@analytics/node/testing'
import pg from 'pg'
import { outliveServer, skipsPostgres, startPostgres, type TestPostgres } from './postgres.js'

/** A store of a test's own, set up and empty, and its end. */
export interface OpenStore {
  context: StoreContext
  close(): Promise<void>
}

/** A kind of store as tests that every kind must pass need it. */
export interface StoreKind {
  name: string
  capabilities: Record<string, boolean>
  isSkipped?: boolean
  /** What all stores of the kind share. */
  start?(): Promise<void>
  open(): Promise<OpenStore>
  stop?(): Promise<void>
}

/** Stores in memory. */
export const memoryKind: StoreKind = {
  name: 'memoryStore',
  capabilities: { ...memoryStore().capabilities },
  async open() {
    const store = memoryStore()
    await store.setup('auto')
    return { context: { store }, close: () => store.close() }
  },
}

/** DuckDB files, each in a folder of its own. */
export const duckdbKind: StoreKind = {
  name: 'duckdbStore',
  capabilities: { durable: true, shared: false, wideValues: true },
  open: () => openDuckDb(),
}

/** Opens a DuckDB file in a new folder. */
export async function openDuckDb(): Promise<OpenStore & { folder: string; reopen(): Promise<StoreContext['store']> }> {
  const folder = await mkdtemp(join(tmpdir(), 'analytics-duckdb-'))
  const open = async () => {
    const store = duckdbStore({ path: join(folder, 'data', 'events.duckdb') })
    await store.setup('auto')
    return store
  }
  let store = await open()
  const reopen = async () => {
    await store.close()
    store = await open()
    return store
  }
  const close = async () => {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { context: { store, reopen }, reopen, close, folder }
}

/** Stores in one Postgres, each in a database of its own; every session has the zone. */
export function postgresKind(options: { timezone: string; locale?: string }): StoreKind & { server(): TestPostgres } {
  let running: TestPostgres | undefined
  let template = ''
  const server = () => {
    if (!running) throw new Error('Postgres was not started.')
    return running
  }
  return {
    name: `postgresStore, sessions in ${options.timezone}`,
    capabilities: { durable: true, shared: true, wideValues: true },
    isSkipped: skipsPostgres(),
    server,
    async start() {
      running = await startPostgres(options)
      // Cases get copies of a database that was set up once: far faster than making the tables each time.
      const database = await running.createDatabase()
      await postgresStore({ pool: database.pool }).setup('auto')
      await database.pool.end()
      template = database.name
    },
    async open() {
      const database = await server().createDatabase({ template })
      const others: pg.Pool[] = []
      const another = async () => {
        const pool = outliveServer(new pg.Pool({ connectionString: database.url, max: 10 }))
        others.push(pool)
        const store = postgresStore({ pool })
        await store.setup('auto')
        return store
      }
      const store = postgresStore({ pool: database.pool })
      await store.setup('auto')
      return {
        // Stores end no pool of their host: what another object reads was written down.
        context: { store, another, reopen: another },
        async close() {
          await Promise.all(others.map((pool) => pool.end()))
          await database.drop()
        },
      }
    },
    async stop() {
      await running?.stop()
    },
  }
}
