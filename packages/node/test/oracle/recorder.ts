import type { OracleConnection, OraclePool } from '@analytics/node/oracle'
import oracledb from 'oracledb'

/** A statement as the driver was given it. */
export interface RecordedStatement {
  sql: string
  /** Types of its binds in their order, such as `DB_TYPE_VARCHAR(4000)`. */
  binds: string
}

/** What the recording connection answers to a statement. */
export interface RecordedAnswer {
  rows?: unknown[][]
  batchErrors?: { errorNum: number; offset: number; message: string }[]
  error?: { errorNum: number }
}

/** A pool that runs nothing: it writes down what it is given, and answers what it is told to. */
export function recordingPool(answer: (sql: string, binds: readonly unknown[]) => RecordedAnswer): {
  pool: OraclePool
  /** Every statement once, in the order in which it came first. */
  statements: RecordedStatement[]
} {
  const statements = new Map<string, RecordedStatement>()
  const record = (sql: string, binds: string) => {
    const key = `${sql}\n${binds}`
    if (!statements.has(key)) statements.set(key, { sql, binds })
  }
  const ask = (sql: string, values: readonly unknown[]) => {
    const { error, ...given } = answer(sql, values)
    if (error) throw Object.assign(new Error(`ORA-${String(error.errorNum).padStart(5, '0')}`), error)
    return given
  }
  const connection: OracleConnection = {
    oracleServerVersion: 1_900_000_000,
    callTimeout: 0,
    async execute(
      sql: string,
      binds: Record<string, { type: unknown; val: unknown }>,
      options: { resultSet?: boolean },
    ) {
      record(sql, Object.values(binds).map(typeName).join(', '))
      const { rows = [] } = ask(
        sql,
        Object.values(binds).map(({ val }) => val),
      )
      const pages = [rows]
      const resultSet = { getRows: async () => pages.shift() ?? [], close: async () => {} }
      return options.resultSet ? { resultSet } : { rows, rowsAffected: rows.length }
    },
    async executeMany(
      sql: string,
      rows: unknown[][],
      { bindDefs }: { bindDefs: { type: unknown; maxSize?: number }[] },
    ) {
      record(sql, bindDefs.map(typeName).join(', '))
      const { batchErrors = [] } = ask(sql, rows[0] ?? [])
      return { rowsAffected: rows.length - batchErrors.length, batchErrors }
    },
    commit: async () => {},
    rollback: async () => {},
    break: async () => {},
    close: async () => {},
  }
  return {
    pool: { getConnection: async () => connection },
    get statements() {
      return [...statements.values()]
    },
  }
}

const NAMES = new Map<unknown, string>(
  ['DB_TYPE_VARCHAR', 'DB_TYPE_CLOB', 'DB_TYPE_NUMBER', 'DB_TYPE_BINARY_DOUBLE'].map((name) => [
    (oracledb as unknown as Record<string, unknown>)[name],
    name,
  ]),
)

function typeName({ type, maxSize }: { type: unknown; maxSize?: number }): string {
  const name = NAMES.get(type) ?? String(type)
  return maxSize === undefined ? name : `${name}(${maxSize})`
}
