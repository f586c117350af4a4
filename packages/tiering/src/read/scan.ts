import type { EventColumn, Filter, StoredEvent } from '@analytics/protocol'
import { throwIfAborted } from '../abort.js'
import type { TieringContext } from '../context.js'
import { openView } from './view.js'

/** Which events of the segments to read. */
export interface ColdScanRequest<Column extends EventColumn = EventColumn> {
  /** UTC milliseconds, inclusive. */
  from: number
  /** UTC milliseconds, exclusive. */
  to: number
  where?: Filter
  /** Any of these types. */
  eventTypes?: readonly string[]
  /** Only these columns. @default all */
  columns?: readonly Column[]
  signal?: AbortSignal
}

/** Events of committed segments, by time, then by id. What is only in the hot store is not among them. */
export async function* scanCold<Column extends EventColumn>(
  context: TieringContext,
  { columns, eventTypes, where, ...request }: ColdScanRequest<Column>,
): AsyncGenerator<Pick<StoredEvent, Column>> {
  const conditions: Filter[] = []
  if (where) conditions.push(where)
  if (eventTypes) conditions.push({ property: 'eventType', op: 'in', value: eventTypes })
  throwIfAborted(request.signal)
  const view = await openView(context, request)
  try {
    for (const { day } of view.days) {
      for await (const events of view.readEvents(day, { ...request, where: { and: conditions }, order: 'asc' })) {
        throwIfAborted(request.signal)
        yield* columns ? events.map((event) => pick(event, columns)) : events
      }
    }
  } finally {
    view.release()
  }
}

function pick<Column extends EventColumn>(event: StoredEvent, columns: readonly Column[]): Pick<StoredEvent, Column> {
  return Object.fromEntries(columns.map((column) => [column, event[column]])) as Pick<StoredEvent, Column>
}
