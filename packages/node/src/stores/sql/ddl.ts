import { AnalyticsError } from '@analytics/protocol'
import type { SqlDialect } from './dialect.js'
import { allTables, SCHEMA_VERSION, type Table, type TableColumn, type Tables } from './tables.js'

/** How a dialect makes tables and indexes. */
export interface DdlDialect {
  /** `CREATE TABLE`, with whatever the store needs around it; done twice, it changes nothing. */
  createTable(table: Table): string[]
  /** Adds a column; done twice, it changes nothing. */
  addColumn(table: Table, column: TableColumn): string
}

/** What makes the tables of the current version, or brings those of an earlier version up to it. */
export function ddlStatements(dialect: DdlDialect, tables: Tables, from = 0): string[] {
  return allTables(tables).flatMap((table) =>
    table.since > from
      ? dialect.createTable(table)
      : table.columns.filter(({ since = 0 }) => since > from).map((column) => dialect.addColumn(table, column)),
  )
}

/** The columns of a table as its declaration lists them. */
export function declaredColumns(dialect: Pick<SqlDialect, 'declare'>, table: Table): string[] {
  return table.columns.map(
    ({ name, type, notNull }) => `${name} ${dialect.declare(type, name, table)}${notNull ? ' NOT NULL' : ''}`,
  )
}

/**
 * What to do about the version that the database has; undefined where there are no tables yet.
 * @throws AnalyticsError `schema_mismatch` where it must not be changed, or is newer than this code.
 */
export function schemaAction(
  version: number | undefined,
  { mode, store, prefix, options = '' }: { mode: 'auto' | 'check'; store: string; prefix: string; options?: string },
): 'create' | 'migrate' | 'none' {
  if (version === SCHEMA_VERSION) return 'none'
  if (version !== undefined && version > SCHEMA_VERSION) {
    throw new AnalyticsError(
      'schema_mismatch',
      `The database has schema version ${version}, this code knows versions up to ${SCHEMA_VERSION}: use the release that made it.`,
    )
  }
  if (mode === 'auto') return version === undefined ? 'create' : 'migrate'
  const command = `npx @analytics/node schema ${store} --prefix ${prefix}${options}${version === undefined ? '' : ` --from ${version}`}`
  throw new AnalyticsError(
    'schema_mismatch',
    version === undefined
      ? `The tables under ${prefix} are missing. Let a DBA run what \`${command}\` prints, or open the store once with schema: 'auto'.`
      : `The tables under ${prefix} have schema version ${version}, this code needs ${SCHEMA_VERSION}. Let a DBA run what \`${command}\` prints, or open the store once with schema: 'auto'.`,
  )
}
