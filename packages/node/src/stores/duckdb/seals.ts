import type { Day, RecordStore, Seal } from '@analytics/protocol'
import type { DuckDBConnection } from '@duckdb/node-api'
import { type Database, rowsOf } from './database.js'
import { sealCondition } from './events.js'
import type { TableNames } from './schema.js'

/** The seals of a DuckDB file: a day's rows up to an insert number, written down as records. */
export interface Seals {
  seal(day: Day): Promise<Seal>
  drop(seal: Seal): Promise<{ rows: number }>
  /** Writes down how many rows standing seals have after an erasure. */
  recount(): Promise<void>
}

const sealKey = (day: Day): string => `seal/${day}`

/** The highest insert number that a seal names. It outlives the seal: numbers may never fall back below it. */
const SEALED_NUMBER = 'sealed-number'

/** Reads the highest insert number that a seal ever named. */
export async function highestSealed(connection: DuckDBConnection, names: TableNames): Promise<number> {
  const sql = `SELECT TRY_CAST(body AS DOUBLE) FROM ${names.records('meta')} WHERE record_key = '${SEALED_NUMBER}'`
  const [row] = await rowsOf(connection, sql)
  return Number(row?.[0] ?? 0)
}

/** Seals days. */
export function duckdbSeals({
  names,
  records,
  database,
  nextNumber,
  settle,
}: {
  names: TableNames
  records: RecordStore
  database: () => Promise<Database>
  /** A number that no insert has. */
  nextNumber: () => Promise<number>
  /** Resolves when what follows from the rows is written. */
  settle: () => Promise<void>
}): Seals {
  // A seal is its rows and its records: several changes at a time would mix them up.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = last.then(work)
    last = result.catch(() => {})
    return result
  }

  const count = async (connection: DuckDBConnection, seal: Seal): Promise<number> => {
    const [row] = await rowsOf(connection, `SELECT count(*)::DOUBLE FROM ${names.events} WHERE ${sealCondition(seal)}`)
    return Number(row?.[0] ?? 0)
  }

  const seal = async (day: Day): Promise<Seal> => {
    const standing = await records.get<Seal>('meta', sealKey(day))
    if (standing) return standing.value
    const { write } = await database()
    // In the queue of writes, so that no insert with a number this low can still commit.
    const made = await write(async (connection): Promise<Seal> => {
      const draft: Seal = { day, id: String(await nextNumber()), rows: 0 }
      return { ...draft, rows: await count(connection, draft) }
    })
    const highest = await records.get<number>('meta', SEALED_NUMBER)
    if ((highest?.value ?? 0) < Number(made.id))
      await records.put('meta', SEALED_NUMBER, Number(made.id), highest?.version ?? 0)
    await records.put('meta', sealKey(day), made, 0)
    return made
  }

  const drop = async (seal: Seal): Promise<{ rows: number }> => {
    if ((await records.get<Seal>('meta', sealKey(seal.day)))?.value.id !== seal.id) return { rows: 0 }
    // What follows from the rows is written before they go: after a crash it could not be told any more.
    await settle()
    const { write } = await database()
    const rows = await write(
      async (connection) =>
        (await connection.run(`DELETE FROM ${names.events} WHERE ${sealCondition(seal)}`)).rowsChanged,
    )
    const standing = await records.get<Seal>('meta', sealKey(seal.day))
    if (standing) await records.delete('meta', sealKey(seal.day), standing.version)
    return { rows }
  }

  return {
    seal: (day) => inTurn(() => seal(day)),
    drop: (one) => inTurn(() => drop(one)),
    recount: () =>
      inTurn(async () => {
        const { read } = await database()
        for (const { key, version, value } of await records.list<Seal>('meta', { prefix: 'seal/' })) {
          const rows = await read((connection) => count(connection, value))
          if (rows !== value.rows) await records.put('meta', key, { ...value, rows }, version)
        }
      }),
  }
}
