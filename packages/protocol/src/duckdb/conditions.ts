import { filterToSql } from '../filter/filter.js'
import type { EventsRequest, ScanRequest } from '../scan.js'
import type { DuckDbSource } from './source.js'
import type { Statement } from './statement.js'

const within = ({ from, to }: { from: number; to: number }, { dialect }: Statement): string =>
  `event_timestamp >= ${dialect.instant(from)} AND event_timestamp < ${dialect.instant(to)}`

/** The conditions of a read, beside those of its matches. */
export const conditions = (
  source: DuckDbSource,
  request: EventsRequest | ScanRequest,
  statement: Statement,
): string[] => [
  ...(source.where === undefined ? [] : [source.where]),
  ...(source.isWithin ? [] : [within(request, statement)]),
  ...(request.where ? [filterToSql(request.where, statement.dialect)] : []),
]
