import pg from 'pg'
import { findPostgres, outliveServer, startPostgres } from '../../packages/node/test/support/postgres.js'

/**
 * Lends an empty database of a Postgres that is started for it and thrown away; its settings are the default ones where none
 * are given. Where there is no Postgres, it says so and does nothing.
 */
export async function withPostgres<Result>(
  work: (database: { pool: pg.Pool; url: string }) => Promise<Result>,
  settings: Readonly<Record<string, string | number>> = {},
): Promise<Result | undefined> {
  if (!findPostgres()) {
    console.log('No Postgres found: set POSTGRES_BIN_PATH or install it. Without it, this way is left out.')
    return undefined
  }
  const server = await startPostgres({ durable: true, settings })
  try {
    const { url, drop } = await server.createDatabase()
    const pool = outliveServer(new pg.Pool({ connectionString: url }))
    try {
      return await work({ pool, url })
    } finally {
      await pool.end()
      await drop()
    }
  } finally {
    await server.stop()
  }
}
