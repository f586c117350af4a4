import { type DdlDialect, ddlStatements, declaredColumns } from '../sql/ddl.js'
import { type Table, tablesOf } from '../sql/tables.js'
import { jsonCheckName, type OracleVersion, oracleDialect } from './dialect.js'

/** The first partition is empty and stays: the last one that is no interval partition can't be dropped (ORA-14758). */
const BEFORE_ALL_DATA = '1900-01-01'

/** A day as a literal, for DDL: it takes no binds. */
export function dayLiteral(day: string): string {
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) throw new TypeError(`${day} is no day`)
  return `TO_DATE('${day}', 'YYYY-MM-DD')`
}

/** How Oracle makes tables: an interval partition a day, local indexes only. A table that is there already is ORA-00955. */
export function oracleDdl(version: OracleVersion): DdlDialect {
  const dialect = oracleDialect(version)
  return {
    createTable(table) {
      const local = table.partitionBy === undefined ? '' : ' USING INDEX LOCAL'
      const constraints = [
        `CONSTRAINT ${table.name}_pk PRIMARY KEY (${table.key.join(', ')})${local}`,
        ...(table.unique ?? []).map(
          (columns, i) => `CONSTRAINT ${table.name}_uq${i + 1} UNIQUE (${columns.join(', ')})`,
        ),
      ]
      const partitions =
        table.partitionBy === undefined
          ? ''
          : `\nPARTITION BY RANGE (${table.partitionBy}) INTERVAL (NUMTODSINTERVAL(1, 'DAY'))\n` +
            `  (PARTITION p_initial VALUES LESS THAN (${dayLiteral(BEFORE_ALL_DATA)}))`
      const parts = [...declaredColumns(dialect, table), ...constraints]
      return [
        `CREATE TABLE ${table.name} (\n  ${parts.join(',\n  ')}\n)${partitions}`,
        ...oracleIndexes(table, table.name),
      ]
    },
    addColumn: (table, { name, type }) => `ALTER TABLE ${table.name} ADD ${name} ${dialect.declare(type, name, table)}`,
  }
}

/** The indexes of a table, made for itself or for a table that takes the place of one of its partitions. */
function oracleIndexes(table: Table, name: string): string[] {
  const local = table.partitionBy !== undefined && name === table.name ? ' LOCAL' : ''
  return (table.indexes ?? []).map(
    (columns, i) => `CREATE INDEX ${name}_ix${i + 1} ON ${name} (${columns.join(', ')})${local}`,
  )
}

/** An empty table that a partition can be exchanged with: the same columns, keys, checks and indexes. */
export function exchangeTable(version: OracleVersion, table: Table, name: string): string[] {
  return [
    `CREATE TABLE ${name} FOR EXCHANGE WITH TABLE ${table.name}`,
    `ALTER TABLE ${name} ADD CONSTRAINT ${name}_pk PRIMARY KEY (${table.key.join(', ')})`,
    ...(version === '19c'
      ? table.columns
          .filter(({ type }) => type === 'json')
          .map(
            (column) =>
              `ALTER TABLE ${name} ADD CONSTRAINT ${jsonCheckName(name, column.name)} CHECK (${column.name} IS JSON)`,
          )
      : []),
    ...oracleIndexes(table, name),
  ]
}

/** What makes the tables under a prefix, or brings those of an earlier version up to date. */
export function oracleStatements(version: OracleVersion, prefix: string, from = 0): string[] {
  const tables = tablesOf(prefix)
  const sequence = `CREATE SEQUENCE ${tables.personSequence} MINVALUE 0 START WITH 0 CACHE 100`
  return [...(from === 0 ? [sequence] : []), ...ddlStatements(oracleDdl(version), tables, from)]
}
