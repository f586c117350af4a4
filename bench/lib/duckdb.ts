import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'

/** What `duckdbStore` takes by default, so that alternatives have the same. */
const LIMITS = { memory_limit: '512MB', threads: '2' }

/** Runs the work on a database file that nobody else has open. */
export async function withDuckDb<Result>(
  path: string,
  work: (connection: DuckDBConnection) => Promise<Result>,
): Promise<Result> {
  const instance = await DuckDBInstance.create(path, LIMITS)
  const connection = await instance.connect()
  try {
    return await work(connection)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** Text as an SQL literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
