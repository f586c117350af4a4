import type { RecordKind, RecordStore, StoredRecord } from '@analytics/protocol'

/** How a projected column is declared; dialects spell it. */
export type ProjectedType = 'text' | 'number' | 'time'

/** A table of records: key, version and JSON body, and columns of their own for those who look with SQL. */
export interface RecordTable {
  /** Without the prefix. */
  table: string
  /** SQL column by field of the value. */
  projected: Readonly<Record<string, { column: string; type: ProjectedType }>>
}

/** The tables of all records; names and columns of the catalog are those that users rely on. */
export const RECORD_TABLES: Readonly<Record<RecordKind, RecordTable>> = {
  meta: { table: 'analytics_meta', projected: {} },
  lease: { table: 'analytics_leases', projected: { owner: { column: 'owner', type: 'text' } } },
  audit: {
    table: 'analytics_audit',
    projected: {
      action: { column: 'action', type: 'text' },
      target: { column: 'target', type: 'text' },
      at: { column: 'created_at', type: 'time' },
    },
  },
  tier: {
    table: 'analytics_storage_tiers',
    projected: {
      tierName: { column: 'tier_name', type: 'text' },
      dateRangeStart: { column: 'date_range_start', type: 'text' },
      dateRangeEnd: { column: 'date_range_end', type: 'text' },
      storageLocation: { column: 'storage_location', type: 'text' },
      filePrefix: { column: 'file_prefix', type: 'text' },
      compressionType: { column: 'compression_type', type: 'text' },
      encryptionEnabled: { column: 'encryption_enabled', type: 'text' },
      recordsCount: { column: 'records_count', type: 'number' },
      sizeBytes: { column: 'size_bytes', type: 'number' },
      createdAt: { column: 'created_at', type: 'time' },
      lastAccessed: { column: 'last_accessed', type: 'time' },
    },
  },
}

/** A value that a statement binds. */
export type SqlValue = string | number | null

/** What records ask of a database. Placeholders are written `?`. */
export interface RecordSql {
  /** Table name with prefix, quoted where the dialect wants it. */
  table(kind: RecordKind): string
  /** A placeholder whose bound value, of this type, fits the column. Times are bound as UTC milliseconds. */
  parameter(type: ProjectedType): string
  query(sql: string, values: readonly SqlValue[]): Promise<readonly (readonly SqlValue[])[]>
  /** Runs one statement by itself, durable when it resolves; resolves to the number of rows it changed. */
  execute(sql: string, values: readonly SqlValue[]): Promise<number>
}

/** Records in tables of their own. Inserts say `WHERE NOT EXISTS`, so that a taken key counts as no row changed. */
export function sqlRecords(database: RecordSql): RecordStore {
  const toRecord = <Value>([key, version, body]: readonly SqlValue[]): StoredRecord<Value> => ({
    key: String(key),
    version: Number(version),
    value: JSON.parse(String(body)) as Value,
  })
  return {
    async get<Value>(kind: RecordKind, key: string) {
      const [row] = await database.query(
        `SELECT record_key, version, body FROM ${database.table(kind)} WHERE record_key = ?`,
        [key],
      )
      return row && toRecord<Value>(row)
    },

    async list<Value>(kind: RecordKind, options: { prefix?: string; after?: string; limit?: number } = {}) {
      const { prefix = '', after = null, limit = 1000 } = options
      const rows = await database.query(
        `SELECT record_key, version, body FROM ${database.table(kind)}
         WHERE substr(record_key, 1, ${prefix.length}) = ?${after === null ? '' : ' AND record_key > ?'}
         ORDER BY record_key LIMIT ${Math.max(0, Math.trunc(limit))}`,
        after === null ? [prefix] : [prefix, after],
      )
      return rows.map((row) => toRecord<Value>(row))
    },

    async put(kind, key, value, expected) {
      const projected = projection(kind, value)
      const columns = ['version', 'body', ...projected.map(({ column }) => column)]
      const parameters = ['?', '?', ...projected.map(({ type }) => database.parameter(type))]
      const values = [expected + 1, JSON.stringify(value), ...projected.map((one) => one.value)]
      const table = database.table(kind)
      const changed =
        expected === 0
          ? await database.execute(
              `INSERT INTO ${table} (record_key, ${columns.join(', ')}) SELECT ?, ${parameters.join(', ')}
               WHERE NOT EXISTS (SELECT 1 FROM ${table} WHERE record_key = ?)`,
              [key, ...values, key],
            )
          : await database.execute(
              `UPDATE ${table} SET ${columns.map((column, i) => `${column} = ${parameters[i]}`).join(', ')}
               WHERE record_key = ? AND version = ?`,
              [...values, key, expected],
            )
      return changed === 1 ? expected + 1 : undefined
    },

    async delete(kind, key, expected) {
      const sql = `DELETE FROM ${database.table(kind)} WHERE record_key = ? AND version = ?`
      return (await database.execute(sql, [key, expected])) === 1
    },
  }
}

function projection(kind: RecordKind, value: unknown) {
  const fields = (value ?? {}) as Readonly<Record<string, unknown>>
  return Object.entries(RECORD_TABLES[kind].projected).map(([field, { column, type }]) => {
    const one = fields[field]
    const fits = type === 'text' ? typeof one === 'string' : typeof one === 'number'
    return { column, type, value: fits ? (one as SqlValue) : null }
  })
}
