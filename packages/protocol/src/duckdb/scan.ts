import { columnName } from '../event.js'
import { matchToSql, propertyReference } from '../filter/filter.js'
import type { ScanRequest } from '../scan.js'
import { conditions } from './conditions.js'
import type { DuckDbSource } from './source.js'
import { type BoundStatement, duckdbStatement, type Statement } from './statement.js'

/** The narrow read, of which `scanBatches` reads the result. */
export interface ScanStatement extends BoundStatement {
  /** Whether events are joined: then `n` tells how many each row stands for. */
  isJoined: boolean
  /** The columns of the request, at the `place` that has their numbers; those of texts come behind a hash of theirs. */
  columns: readonly { name: string; place: string; type: 'text' | 'json' | 'number' }[]
}

/** Rows of numbers that one statement may look at. */
const NUMBER_ROWS = 1_000_000
/** The same where there is text, of which each row may have its own: it takes 100 bytes a row, and more. */
const TEXT_ROWS = 500_000

/** The same where events are joined: it gives far fewer rows, and the fewer the more it looks at. */
const JOINED_ROWS = 3_000_000

/** Rows that one {@link scanStatement} may look at: all that it gives are in memory at once. */
export function mostScanRows({ columns = [], intervals }: Pick<ScanRequest, 'columns' | 'intervals'>): number {
  if (columns.length > 0) return TEXT_ROWS
  return intervals ? JOINED_ROWS : NUMBER_ROWS
}

/** Intervals that one statement tells apart: each row is compared with them one by one. */
const JOINED_INTERVALS = 200

/**
 * The narrow read: time, person, matches, and the columns asked for. Beside a text comes a hash of 64 bits, by which rows of the same text
 * are known without looking at it. Where intervals are asked for, events are joined unless there are too many of them, or numbers are read.
 */
export function scanStatement(source: DuckDbSource, request: ScanRequest): ScanStatement {
  const statement = duckdbStatement()
  const columns = columnsOf(request)
  const starts = columns.every(({ type }) => type !== 'number') ? startsWithin(request) : undefined
  const rows = rowsSql(source, request, { statement, columns, starts })
  const isJoined = starts !== undefined
  const same = ['t', 'person', 'm', ...columns.map(({ place }) => place)]
  const all = isJoined ? `SELECT ${same.join(', ')}, count(*)::UINTEGER AS n FROM (${rows}) GROUP BY ALL` : rows
  const list = ['t', 'person', 'm', ...(isJoined ? ['n'] : []), ...columns.flatMap(listed)]
  return {
    sql: `SELECT ${list.join(', ')} FROM (${all})`,
    ...{ values: statement.values, isJoined, columns },
  }
}

/** What a statement is made of beside the request. */
interface ScanParts {
  statement: Statement
  columns: readonly SelectedColumn[]
  starts: readonly number[] | undefined
}

function rowsSql(source: DuckDbSource, request: ScanRequest, { statement, columns, starts }: ScanParts): string {
  const time = starts ? intervalStart(starts, statement) : 'epoch_ms(event_timestamp)::DOUBLE'
  const list = [`${time} AS t`, 'person', `${matchMask(request, statement)} AS m`]
  for (const { sql, place } of columns) list.push(`${sql(statement)} AS ${place}`)
  const all = [...conditions(source, request, statement), ...typeCondition(request, statement)]
  const rows = `SELECT ${list.join(', ')} FROM ${source.from} WHERE ${all.join(' AND ')}`
  return isByType(request) ? rows : `SELECT * FROM (${rows}) WHERE m <> 0`
}

/** What is told of a column. */
const listed = ({ place, type }: SelectedColumn): string[] => (type === 'number' ? [place] : [`hash(${place})`, place])

/** Of the intervals that the range touches, in order: where each begins within it; undefined where there are none, or too many. */
function startsWithin({ from, to, intervals }: ScanRequest): number[] | undefined {
  const starts = intervals && [from, ...intervals.filter((start) => start > from && start < to)]
  return starts && starts.length <= JOINED_INTERVALS ? starts : undefined
}

function intervalStart(starts: readonly number[], { dialect }: Statement): string {
  const last = `${starts.at(-1)}::DOUBLE`
  if (starts.length === 1) return last
  const cases = starts.slice(1).map((start, i) => `WHEN event_timestamp < ${dialect.instant(start)} THEN ${starts[i]}`)
  return `CASE ${cases.join(' ')} ELSE ${last} END`
}

/** A column of the request, and what gives its values. */
type SelectedColumn = ScanStatement['columns'][number] & { sql(statement: Statement): string }

function columnsOf({ columns = [] }: ScanRequest): SelectedColumn[] {
  return [...new Set(columns)].map((name, i) => {
    const place = `c${i}`
    const reference = propertyReference(name)
    if (!reference) return { name, place, type: 'text', sql: () => 'NULL::VARCHAR' }
    const { column, type, path } = reference
    if (path !== undefined) return { name, place, type: 'json', sql: (statement) => statement.json(path) }
    const own = columnName(column)
    if (type === 'text') return { name, place, type, sql: () => own }
    const number = type === 'time' ? `epoch_ms(${own})` : own
    // No number of an event is NaN.
    return { name, place, type: 'number', sql: () => `coalesce(${number}::DOUBLE, 'NaN'::DOUBLE)` }
  })
}

/** Rows of the types that the matches name, if each names some: others need not be looked at. The type is never NULL. */
function typeCondition({ matches }: ScanRequest, { dialect }: Statement): string[] {
  const types = matches.map(({ eventTypes }) => eventTypes)
  if (types.length === 0 || types.includes(undefined)) return []
  const named = [...new Set(types.flatMap((some) => some ?? []))]
  return [
    named.length === 0
      ? 'false'
      : dialect.isIn(
          'event_type',
          named.map((type) => dialect.bind(type, 'column')),
        ),
  ]
}

/** Whether a row of the types that the matches name fits one of them, whatever else it is. */
const isByType = ({ matches }: ScanRequest): boolean =>
  matches.length > 0 && matches.every(({ eventTypes, where }) => eventTypes !== undefined && where === undefined)

/** Bit i is set where match i holds. */
function matchMask({ matches }: ScanRequest, { dialect }: Statement): string {
  /** Bits that the type alone decides: each row is compared once, not once for each match. */
  const byType = new Map<string, number>()
  const masks: string[] = []
  for (const [i, match] of matches.entries()) {
    if (match.eventTypes && !match.where) {
      for (const type of match.eventTypes) byType.set(type, (byType.get(type) ?? 0) | (1 << i))
    } else masks.push(`CASE WHEN ${matchToSql(match, dialect)} THEN ${2 ** i}::UINTEGER ELSE 0::UINTEGER END`)
  }
  if (byType.size > 0) {
    const cases = [...byType].map(([type, bits]) => `WHEN ${dialect.bind(type, 'column')} THEN ${bits >>> 0}::UINTEGER`)
    masks.push(`CASE event_type ${cases.join(' ')} ELSE 0::UINTEGER END`)
  }
  return masks.length === 0 ? '0::UINTEGER' : `(${masks.join(' | ')})`
}
