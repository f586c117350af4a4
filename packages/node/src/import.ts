import {
  AnalyticsError,
  COLUMN_LENGTHS,
  parseEvent,
  parseStoredEvent,
  type StoredEvent,
  type WireEvent,
} from '@analytics/protocol'
import { toStoredEvent } from './ingest/clean.js'
import { NO_CLIENT } from './ingest/client.js'
import type { Pipeline } from './ingest/pipeline.js'
import { SERVER_SESSION } from './sessions/session.js'

/** A trusted event: its time is kept, however old. Without an id it is given one of its time. */
export type ImportEvent = Omit<WireEvent, 'eventId' | 'sessionId'> & {
  eventId?: string
  sessionId?: string
  /** What a device would have told; columns of the stored event. */
  device?: Partial<Pick<StoredEvent, 'deviceType' | 'browser' | 'os' | 'country'>>
}

/** Events to import: as a tracker would send them, or as an export has them, which keeps every column. */
export type ImportSource = Iterable<ImportEvent | StoredEvent> | AsyncIterable<ImportEvent | StoredEvent>

/** How far an import has come. */
export interface ImportProgress {
  imported: number
  duplicates: number
  rejected: number
  /** Events of people of whom nothing more is stored. */
  dropped: number
}

/** Options of an import. */
export interface ImportOptions {
  /** Called after each group of events is durable. */
  onProgress?: (progress: ImportProgress) => void
  signal?: AbortSignal
}

/** What an import did; the first rejections are explained. */
export interface ImportResult extends ImportProgress {
  rejections: { index: number; field: string; message: string }[]
}

const GROUP_EVENTS = 2000
const EXPLAINED_REJECTIONS = 20

/** Stores events as they come, in groups, so that memory is bounded by a group and the source waits for the store. */
export async function importEvents(
  { pipeline, now, newId }: { pipeline: Pipeline; now: () => number; newId: (time: number) => string },
  events: ImportSource,
  { onProgress, signal }: ImportOptions = {},
): Promise<ImportResult> {
  const result: ImportResult = { imported: 0, duplicates: 0, rejected: 0, dropped: 0, rejections: [] }
  let group: StoredEvent[] = []
  let index = 0
  const flush = async () => {
    if (signal?.aborted) throw new AnalyticsError('aborted', `The import was ended after ${result.imported} events.`)
    const outcomes = await pipeline.store(group)
    const count = (wanted: string) => outcomes.filter((outcome) => outcome === wanted).length
    result.duplicates += count('duplicate')
    result.dropped += count('dropped')
    result.imported += outcomes.length - count('duplicate') - count('dropped')
    group = []
    const { imported, duplicates, rejected, dropped } = result
    onProgress?.({ imported, duplicates, rejected, dropped })
  }
  for await (const event of events) {
    const row = toRow(event, now(), newId)
    if ('field' in row) {
      result.rejected++
      if (result.rejections.length < EXPLAINED_REJECTIONS) result.rejections.push({ index, ...row })
    } else {
      group.push(row)
    }
    index++
    if (group.length >= GROUP_EVENTS) await flush()
  }
  if (group.length > 0) await flush()
  return result
}

function toRow(
  event: ImportEvent | StoredEvent,
  receivedAt: number,
  newId: (time: number) => string,
): StoredEvent | { field: string; message: string } {
  if ('eventTimestamp' in event) {
    const parsed = parseStoredEvent(event)
    return parsed.ok ? parsed.event : { field: parsed.field, message: parsed.message }
  }
  const { device, ...wire } = event
  const time = Date.parse(event.timestamp)
  const parsed = parseEvent({
    sessionId: SERVER_SESSION,
    ...wire,
    eventId: event.eventId ?? newId(Number.isNaN(time) ? receivedAt : time),
  })
  if (!parsed.ok) return { field: parsed.field, message: parsed.message }
  return { ...toStoredEvent(parsed, { time }, { receivedAt, client: NO_CLIENT }, receivedAt), ...known(device) }
}

/** Characters that every store has room for. */
const { deviceType, browser, os, country } = COLUMN_LENGTHS
const DEVICE_LENGTHS = { deviceType, browser, os, country }

function known(device: ImportEvent['device'] = {}): typeof device {
  return Object.fromEntries(
    Object.entries(DEVICE_LENGTHS).flatMap(([name, length]) => {
      const value = device[name as keyof typeof DEVICE_LENGTHS]
      return typeof value === 'string' && value !== '' ? [[name, value.slice(0, length)]] : []
    }),
  )
}
