import { columnName, EVENT_COLUMNS, type EventColumn, type StoredEvent } from '../event.js'
import type { EventsRequest } from '../scan.js'
import type { DuckDbChunk } from './chunk.js'
import { conditions } from './conditions.js'
import type { DuckDbSource } from './source.js'
import { type BoundStatement, duckdbStatement } from './statement.js'

/** Whole events in the order asked for; {@link eventsOf} reads its chunks. */
export function eventsStatement(source: DuckDbSource, request: EventsRequest): BoundStatement {
  const statement = duckdbStatement()
  const { dialect, values } = statement
  const { order, after, limit = Number.POSITIVE_INFINITY } = request
  const all = conditions(source, request, statement)
  if (after) {
    const beyond = order === 'desc' ? '<' : '>'
    const time = dialect.instant(after.time)
    all.push(
      `(event_timestamp ${beyond} ${time} OR (event_timestamp = ${time} AND event_id ${beyond} ${dialect.bind(after.eventId, 'column')}))`,
    )
  }
  const direction = order === 'desc' ? 'DESC' : 'ASC'
  const sql =
    `SELECT ${EVENT_SELECT} FROM ${source.from} WHERE ${all.join(' AND ')} ` +
    `ORDER BY event_timestamp ${direction}, event_id ${direction}${Number.isFinite(limit) ? ` LIMIT ${Math.trunc(limit)}` : ''}`
  return { sql, values }
}

const COLUMNS = Object.entries(EVENT_COLUMNS) as [EventColumn, (typeof EVENT_COLUMNS)[EventColumn]][]

/** The select list of whole events, in the order that {@link eventsOf} reads: instants as UTC milliseconds. */
export const EVENT_SELECT: string = COLUMNS.map(([column, type]) => {
  const name = columnName(column)
  return type === 'time' ? `epoch_ms(${name})::DOUBLE` : type === 'number' ? `${name}::DOUBLE` : name
}).join(', ')

/** Whole events of a chunk. */
export function eventsOf(chunk: DuckDbChunk): StoredEvent[] {
  const events = Array.from({ length: chunk.rowCount }, (): Record<string, unknown> => ({}))
  for (const [index, [column, type]] of COLUMNS.entries()) {
    const vector = chunk.getColumnVector(index)
    for (const [row, event] of events.entries()) {
      const value = vector.getItem(row)
      event[column] = type === 'json' && typeof value === 'string' ? JSON.parse(value) : value
    }
  }
  return events as unknown as StoredEvent[]
}
