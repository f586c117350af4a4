import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { findPostgres, skipsPostgres, type TestPostgres } from '../postgres.js'

/** Whether tests with the stand-in are to be skipped: it needs Postgres, and orafce in it. See {@link skipsPostgres}. */
export function skipsStandIn(): boolean {
  if (skipsPostgres()) return true
  if (hasOrafce(findPostgres()!)) return false
  const reason =
    'No orafce found beside Postgres: install postgresql-<version>-orafce. The tests with Oracle are skipped.'
  if (process.env.CI === 'true') throw new Error(reason)
  console.warn(reason)
  return true
}

function hasOrafce(bin: string): boolean {
  try {
    const share = execFileSync(join(bin, 'pg_config'), ['--sharedir'], { encoding: 'utf8' }).trim()
    return existsSync(join(share, 'extension', 'orafce.control'))
  } catch {
    return false
  }
}

/** Makes the template of databases that pass for Oracle's, once a server; resolves to its name. */
export async function standInTemplate({ host, port }: Pick<TestPostgres, 'host' | 'port'>): Promise<string> {
  const name = 'standin'
  const config = { host, port, user: 'postgres' }
  const within = async (database: string, sql: string) => {
    const client = new pg.Client({ ...config, database })
    await client.connect()
    try {
      await client.query(sql)
    } finally {
      await client.end()
    }
  }
  await within('postgres', `CREATE DATABASE ${name}`)
  await within(name, readFileSync(new URL('helpers.sql', import.meta.url), 'utf8'))
  return name
}
