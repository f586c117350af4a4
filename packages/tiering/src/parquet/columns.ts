import { columnName, EVENT_COLUMNS, type EventColumn } from '@analytics/protocol'
import { COLUMNS, MISSING, SEPARATOR } from '../segments/row-text.js'

/** Parquet's dictionaries take 0 and -0 for the same value, so that either may come back as the other: there is no -0. */
const NO_NEGATIVE_ZERO = '+ 0'

/** Whose event a row is. */
export const WHO = 'coalesce(user_id, anonymous_id)'

/** The same as a column of a segment's file, by which row groups are found. */
export const PERSON_ID = 'person_id'

/** The columns of a segment's file as a select list over those of a hot table. */
export const FILE_COLUMNS: string = [...COLUMNS.map(fileColumn), 'person', `${WHO} AS ${PERSON_ID}`].join(', ')

/** How the rows of a segment are sorted. */
export const ORDER: string = `${PERSON_ID}, event_timestamp, event_id`

/** The text of a row, as `rowText` makes it in JavaScript. */
export const ROW_TEXT: string = `concat_ws('${SEPARATOR}', ${['person', ...COLUMNS.map(valueText)].join(', ')})`

function fileColumn(column: EventColumn): string {
  const name = columnName(column)
  return column === 'eventValue' ? `${name} ${NO_NEGATIVE_ZERO} AS ${name}` : name
}

function valueText(column: EventColumn): string {
  const name = columnName(column)
  if (EVENT_COLUMNS[column] === 'time') return `epoch_ms(${name})`
  if (column === 'eventValue') return orMissing(`(${name} ${NO_NEGATIVE_ZERO})::VARCHAR`)
  return orMissing(column === 'schemaVersion' ? `${name}::VARCHAR` : name)
}

function orMissing(text: string): string {
  return `coalesce(${text}, '${MISSING}')`
}

/** 64 bits of a SHA-1, in hex as DuckDB gives it, as a number: those from that digit on, counted from 1. */
export function hashBits(digest: string, start: number): string {
  return `('0x' || substr(${digest}, ${start}, 16))::UBIGINT`
}
