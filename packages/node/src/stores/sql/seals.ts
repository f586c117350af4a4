import type { Day } from '@analytics/protocol'
import { ulid } from 'ulid'
import { type SqlDialect, type SqlSession, statement } from './dialect.js'
import type { SealedTable } from './server-database.js'
import type { Tables } from './tables.js'

/** What is written down of sealed tables, beside the records of the store and within a caller's transaction. */
export interface SealRecords {
  /** Those of the days from first to last, oldest first. */
  between(session: SqlSession, first: Day, last: Day): Promise<SealedTable[]>
  add(session: SqlSession, seal: SealedTable): Promise<void>
  remove(session: SqlSession, seal: SealedTable): Promise<void>
  /** Rows that a sealed table has. */
  count(session: SqlSession, table: string): Promise<number>
  /** Writes down how many rows each has now. */
  recount(session: SqlSession, seals: readonly SealedTable[]): Promise<void>
}

const key = (day: Day): string => `seal/${day}`

/** Sealed tables are records of kind `meta`, one a day. */
export function sealRecords({ records }: Tables, dialect: SqlDialect): SealRecords {
  const meta = records.meta
  const count = async (session: SqlSession, table: string) => {
    const [row] = await session.query(statement(dialect).build(`SELECT COUNT(*) FROM ${table}`))
    return Number(row?.[0])
  }
  const remove = async (session: SqlSession, seal: SealedTable) => {
    const builder = statement(dialect)
    const where = `record_key = ${builder.text(key(seal.day))}`
    await session.execute(builder.build(`DELETE FROM ${meta.name} WHERE ${where}`))
  }
  const add = async (session: SqlSession, seal: SealedTable) => {
    await session.insert(meta, [[key(seal.day), 1, JSON.stringify(seal)]])
  }
  return {
    async between(session, first, last) {
      const builder = statement(dialect)
      const range = `record_key >= ${builder.text(key(first))} AND record_key <= ${builder.text(key(last))}`
      const rows = await session.query(
        builder.build(
          `SELECT ${dialect.select('body', 'long-text')} FROM ${meta.name} WHERE ${range} ORDER BY ${dialect.codePoints('record_key')}`,
        ),
      )
      return rows.map(([body]) => JSON.parse(String(body)) as SealedTable)
    },
    add,
    remove,
    count,
    async recount(session, seals) {
      for (const seal of seals) {
        const rows = await count(session, seal.table)
        if (rows === seal.rows) continue
        await remove(session, seal)
        await add(session, { ...seal, rows })
      }
    },
  }
}

/** A name for the table that a day is set aside in: unlike any before, so that a dropped seal's is never met again. */
export function sealedTableName({ prefix }: Tables, day: Day): string {
  return `${prefix}sealed_${day.replaceAll('-', '')}_${ulid().slice(-10).toLowerCase()}`
}
