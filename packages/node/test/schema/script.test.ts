import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { duckdbStore } from '@analytics/node/duckdb'
import { oracleStore } from '@analytics/node/oracle'
import { postgresStore } from '@analytics/node/postgres'
import { sampleEvents } from '@analytics/node/testing'
import { FIRST_SEEN_RECORD, removeRecord } from '@analytics/protocol'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { skipsStandIn, standInTemplate } from '../support/oracle/database.js'
import { standInPool } from '../support/oracle/pool.js'
import { startPostgres, type TestPostgres } from '../support/postgres.js'

/** Runs the command as a DBA would. */
async function cli(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const root = fileURLToPath(new URL('../../../..', import.meta.url))
  const command = ['--import', 'tsx', 'packages/node/src/cli.ts', ...args]
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, command, { cwd: root })) }
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string }
  }
}

describe('analytics-node schema', () => {
  it('prints what DuckDB needs: a store that only checks starts on it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'analytics-schema-'))
    const path = join(folder, 'made.duckdb')
    const { stdout } = await cli('schema', 'duckdb', '--prefix', 'team_')
    const instance = await DuckDBInstance.create(path)
    const connection = await instance.connect()
    await connection.run(stdout)
    connection.closeSync()
    instance.closeSync()
    const store = duckdbStore({ path, prefix: 'team_' })
    await store.setup('check')
    expect(await store.insertEvents(sampleEvents({ count: 3 }))).toHaveLength(3)
    expect(await store.dictionaryId()).toHaveLength(26)
    await store.close()
    await rm(folder, { recursive: true })
  })

  it('says what it takes, and refuses everything else', async () => {
    expect((await cli('--help')).stdout).toMatch(/npx @analytics\/node schema <oracle \| postgres \| duckdb>/)
    for (const args of [
      ['schema', 'mysql'],
      ['schema', 'oracle', '--version', '11g'],
      ['schema', 'oracle', '--prefix', 'x; DROP'],
      ['schema', 'postgres', '--from', '4'],
      ['schema', 'postgres', '--unknown'],
      [],
    ]) {
      const { code, stdout, stderr } = await cli(...args)
      expect({ code, stdout }, args.join(' ')).toEqual({ code: 1, stdout: '' })
      expect(stderr).not.toBe('')
    }
  }, 30_000)
})

describe.skipIf(skipsStandIn())('analytics-node schema, on servers', () => {
  let postgres: TestPostgres
  beforeAll(async () => {
    postgres = await startPostgres()
  })
  afterAll(() => postgres.stop())

  it('prints what Postgres needs: a store that only checks starts on it', async () => {
    const database = await postgres.createDatabase()
    const store = postgresStore({ pool: database.pool })
    await expect(store.setup('check')).rejects.toMatchObject({
      code: 'schema_mismatch',
      message: expect.stringContaining('npx @analytics/node schema postgres --prefix pf_'),
    })
    await database.pool.query((await cli('schema', 'postgres')).stdout)
    await store.setup('check')
    expect(await store.insertEvents(sampleEvents({ count: 3 }))).toHaveLength(3)
    expect(await store.firstSeen.isWhole()).toBe(true)
    await database.drop()
  })

  it.each(['19c', '23ai'] as const)(
    'prints what Oracle %s needs, each statement ended by a line with a slash',
    async (version) => {
      const database = await postgres.createDatabase({ template: await templateOf(postgres) })
      const pool = await standInPool({ database, version })
      const store = oracleStore({ pool, version })
      await expect(store.setup('check')).rejects.toMatchObject({
        code: 'schema_mismatch',
        message: expect.stringContaining('npx @analytics/node schema oracle --prefix pf_'),
      })
      await runScript(pool, (await cli('schema', 'oracle', '--version', version)).stdout)
      await store.setup('check')
      expect(await store.insertEvents(sampleEvents({ count: 3 }))).toHaveLength(3)
      expect(await store.firstSeen.isWhole()).toBe(true)
      await pool.close(0)
      await database.drop()
    },
  )

  it.each(['postgres', 'oracle'] as const)(
    'prints what brings version 2 of %s up to date, as opening the store does',
    async (kind) => {
      const isOracle = kind === 'oracle'
      const database = await postgres.createDatabase(isOracle ? { template: await templateOf(postgres) } : {})
      const pool = isOracle ? await standInPool({ database, version: '19c' }) : undefined
      const store = pool ? oracleStore({ pool }) : postgresStore({ pool: database.pool })
      await store.setup('auto')
      const events = sampleEvents({ count: 3 })
      await store.insertEvents(events)
      const backToVersion2 = async () => {
        const { version } = (await store.records.get('meta', 'schema'))!
        await store.records.put('meta', 'schema', { version: 2 }, version)
        // All that versions 3 and 4 brought.
        await database.pool.query('DROP TABLE pf_analytics_dead_letters')
        await database.pool.query('DROP TABLE pf_analytics_definitions')
        await database.pool.query('DROP TABLE pf_analytics_first_seen')
        await removeRecord(store.records, FIRST_SEEN_RECORD)
      }
      const byScript = async () => {
        const { stdout } = await cli('schema', kind, '--from', '2')
        await (pool ? runScript(pool, stdout) : database.pool.query(stdout))
        await store.setup('check')
      }
      for (const migrate of [byScript, () => store.setup('auto')]) {
        await backToVersion2()
        await expect(store.setup('check')).rejects.toThrow('--from 2')
        await migrate()
        expect(await store.insertEvents(events)).toEqual(Array(3).fill('duplicate'))
        expect(await store.records.put('dead-letter', 'letter', { at: 0 }, 0)).toBe(1)
        expect(await store.records.put('definition', 'metric/a/1', { at: 0 }, 0)).toBe(1)
        expect(await store.firstSeen.isWhole()).toBe(false)
      }
      await pool?.close(0)
      await database.drop()
    },
  )
})

/** Runs a script as SQL*Plus would: a line with a slash ends each statement. */
async function runScript(pool: Awaited<ReturnType<typeof standInPool>>, script: string): Promise<void> {
  const connection = await pool.getConnection()
  const statements = script.split(/\n\/\n/).map((sql) => sql.trim())
  expect(statements.pop()).toBe('')
  expect(statements.pop()).toBe('COMMIT')
  for (const sql of statements) await connection.execute(sql, {}, {})
  await connection.commit()
  await connection.close()
}

let template: Promise<string> | undefined
function templateOf(postgres: TestPostgres): Promise<string> {
  template ??= standInTemplate(postgres)
  return template
}
