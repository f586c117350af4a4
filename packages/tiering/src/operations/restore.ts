import { AnalyticsError, type Day, eachRecord, type StoredRecord } from '@analytics/protocol'
import { pause, throwIfAborted } from '../abort.js'
import { type CatalogEntry, type CatalogSegment, isReadable, liveSegments } from '../catalog.js'
import type { TieringContext } from '../context.js'
import { forEachParallel } from '../parallel.js'
import { costOfRestore, costOfUsage } from '../usage/prices.js'
import type { RestoreRange, RestoreStatus } from './restore-status.js'

/** What a restore would ask for. */
export interface RestoreEstimate {
  /** Days that can't be read now, oldest first. */
  days: readonly Day[]
  objects: number
  /** Bytes that will lie in the readable tier besides the archive. */
  bytes: number
  /** How long it takes until they can be read, in ms, at most. */
  readyWithinMs: number
  /** Of the request and of the bytes, in `prices.currency`; missing without prices. */
  cost?: number
}

/** Options of a restore. */
export interface RestoreOptions {
  /** How long the objects stay readable, 1 to 240. @default 24 */
  hours?: number
  signal?: AbortSignal
}

/** Brings archived days back for a while. */
export interface Restores {
  /** What a restore of the range would ask for; it asks for nothing. */
  estimate(range: RestoreRange): Promise<RestoreEstimate>
  /**
   * Asks for the archived days of the range. Objects that are on their way already, or readable for as long, are not asked for
   * again: any number of callers share one restore, and whoever asks again is told of the same.
   * @throws AnalyticsError `invalid_options`; what the object store throws. Asked again, it goes on.
   */
  request(range: RestoreRange, options?: RestoreOptions): Promise<RestoreStatus>
  /** How far a restore is, as the objects themselves tell. @throws AnalyticsError `not_found` */
  status(id: string, options?: { signal?: AbortSignal }): Promise<RestoreStatus>
  /**
   * Looks at every restore that has not ended, so that days are read as soon as they can be, and tells `onRestored` of those that are
   * ready. The server's job `restores` calls it. Resolves to those that it looked at.
   */
  refresh(options?: { signal?: AbortSignal }): Promise<readonly RestoreStatus[]>
  /** Resolves once the restore is `ready`. @throws AnalyticsError `aborted`, `object_archived` once it has expired. */
  wait(id: string, options?: { signal?: AbortSignal; pollMs?: number }): Promise<RestoreStatus>
}

/** What is kept of a restore, as a record of kind `meta`. */
interface RestoreRecord {
  range: RestoreRange
  hours: number
  requestedAt: number
  objects: readonly { day: Day; name: string; bytes: number }[]
  /** Whether `onRestored` was told, or nobody needs to be any more. */
  isTold?: boolean
}

const HOUR_MS = 3_600_000

/** The longest that a restore takes. Source: "Restoring Objects from Archive Storage" of OCI. */
const READY_MS = HOUR_MS

/** So many objects are asked at a time whether they can be read. */
const HEADS = 16

const recordKey = (id: string): string => `restore/${id}`

/** The restores of these stores. */
export function restores(context: TieringContext): Restores {
  const { catalog, hot, prices, now } = context
  const archivedDays = async (range: RestoreRange): Promise<CatalogEntry[]> =>
    (await catalog.list(checked(range))).filter(({ value }) => liveSegments(value).some(({ archive }) => archive))

  const status: Restores['status'] = async (id, { signal } = {}) => {
    const record = await hot.records.get<RestoreRecord>('meta', recordKey(id))
    if (!record) throw new AnalyticsError('not_found', `There is no restore ${id}.`)
    return statusOf(context, id, record.value, signal)
  }

  return {
    async estimate(range) {
      const closed = (await archivedDays(range))
        .map(({ day, value }) => ({ day, segments: liveSegments(value).filter((one) => !isReadable(one, now())) }))
        .filter(({ segments }) => segments.length > 0)
      const segments = closed.flatMap((one) => one.segments)
      const bytes = segments.reduce((sum, { size }) => sum + size, 0)
      // Each is asked for, and asked whether it is there.
      const asks = { requests: { restore: segments.length, head: segments.length }, bytesSent: 0, bytesRead: 0 }
      return {
        days: closed.map(({ day }) => day),
        objects: segments.length,
        bytes,
        readyWithinMs: segments.length > 0 ? READY_MS : 0,
        ...(prices ? { cost: costOfUsage(asks, prices) + costOfRestore(bytes, prices) } : {}),
      }
    },

    async request(range, { hours = 24, signal } = {}) {
      if (!Number.isInteger(hours) || hours < 1 || hours > 240)
        throw new AnalyticsError('invalid_options', 'hours is no whole number from 1 to 240.', { field: 'hours' })
      const entries = await archivedDays(range)
      const standing = await findStanding(context, range, { entries, hours })
      if (standing) return statusOf(context, standing.id, standing.record, signal)
      const requestedAt = now()
      const objects: { day: Day; name: string; bytes: number }[] = []
      for (const { day } of entries) {
        throwIfAborted(signal)
        for (const segment of await askForDay(context, day, { hours, requestedAt, signal }))
          objects.push({ day, name: segment.objectName, bytes: segment.size })
      }
      const id = context.newId()
      const record: RestoreRecord = { range: { from: range.from, to: range.to }, hours, requestedAt, objects }
      await hot.audit({ action: 'tiering.restore', target: id, details: { objects: objects.length, hours } })
      await hot.records.put('meta', recordKey(id), record, 0)
      return statusOf(context, id, record, signal)
    },

    status,

    async refresh({ signal } = {}) {
      const statuses: RestoreStatus[] = []
      for await (const record of eachRecord<RestoreRecord>(hot.records, 'meta', { prefix: recordKey('') })) {
        throwIfAborted(signal)
        if (record.value.isTold) continue
        const current = await statusOf(context, record.key.slice(recordKey('').length), record.value, signal)
        statuses.push(current)
        if (current.state !== 'restoring') await tell(context, record, current)
      }
      return statuses
    },

    wait: restoreWaiter(status),
  }
}

/** Asks how far a restore is until it is over. */
export function restoreWaiter(status: Restores['status']): Restores['wait'] {
  return async (id, { signal, pollMs = 60_000 } = {}) => {
    for (;;) {
      const current = await status(id, signal ? { signal } : {})
      if (current.state === 'ready') return current
      if (current.state === 'expired') throw new AnalyticsError('object_archived', `The restore ${id} has expired.`)
      await pause(pollMs, signal)
    }
  }
}

/** Tells the host that a restore is ready. Where that fails, it is told again the next time. */
async function tell(
  { hot, onRestored, logger }: TieringContext,
  { key, version, value }: StoredRecord<RestoreRecord>,
  status: RestoreStatus,
): Promise<void> {
  try {
    if (status.state === 'ready') await onRestored?.(status)
    await hot.records.put('meta', key, { ...value, isTold: true }, version)
  } catch (error) {
    logger.error({ restore: status.id, error }, 'onRestored failed')
  }
}

/** Asks for what is not on its way yet. It is written down first, so that another caller sees it and shares it. */
export async function askForDay(
  { catalog, cold, now }: TieringContext,
  day: Day,
  { hours, requestedAt, signal }: { hours: number; requestedAt: number; signal: AbortSignal | undefined },
): Promise<readonly CatalogSegment[]> {
  const isMissing = (segment: CatalogSegment) => !segment.expiry && !isCovered(segment, hours, now())
  const { value } = await catalog.update(day, ({ value: { segments } }) => {
    if (!segments.some((one) => one.archive && isMissing(one))) return undefined
    return {
      segments: segments.map((one) => {
        if (!one.archive || !isMissing(one)) return one
        const restore = { ...one.archive.restore, requestedAt, hours }
        return { ...one, archive: { ...one.archive, restore } }
      }),
    }
  })
  const archived = liveSegments(value).filter(({ archive }) => archive)
  for (const { objectName } of archived.filter(isMissing))
    await cold.restore(objectName, { hours, ...(signal ? { signal } : {}) })
  return archived
}

/** How long the record of a restore that is over is kept. */
const KEPT_MS = 30 * 24 * HOUR_MS

/** A restore of the same range and objects that lasts as long as one that is asked for now; on the way, old records are deleted. */
async function findStanding(
  { hot, now }: TieringContext,
  range: RestoreRange,
  { entries, hours }: { entries: readonly CatalogEntry[]; hours: number },
): Promise<{ id: string; record: RestoreRecord } | undefined> {
  const names = entries.flatMap(({ value }) =>
    liveSegments(value)
      .filter(({ archive }) => archive)
      .map(({ objectName }) => objectName),
  )
  const found: StoredRecord<RestoreRecord>[] = []
  for await (const record of eachRecord<RestoreRecord>(hot.records, 'meta', { prefix: recordKey('') }))
    found.push(record)
  for (const { key, version, value } of found.reverse()) {
    const lastsUntil = value.requestedAt + value.hours * HOUR_MS
    if (lastsUntil + KEPT_MS < now()) await hot.records.delete('meta', key, version)
    const isSame = value.range.from === range.from && value.range.to === range.to
    const hasAll = names.every((one) => value.objects.some(({ name }) => name === one))
    if (isSame && hasAll && lastsUntil >= now() + (hours - 1) * HOUR_MS)
      return { id: key.slice(recordKey('').length), record: value }
  }
  return undefined
}

/** Whether a restore that was asked for lasts as long as one that is asked for now, give or take the hour that it may take. */
function isCovered({ archive }: CatalogSegment, hours: number, now: number): boolean {
  const { requestedAt = 0, hours: asked = 0, readableUntil = 0 } = archive?.restore ?? {}
  return Math.max(readableUntil, requestedAt + asked * HOUR_MS) >= now + (hours - 1) * HOUR_MS && asked > 0
}

/** Asks each object, and writes down until when it can be read: readers go by the catalog. */
async function statusOf(
  context: TieringContext,
  id: string,
  { range, hours, requestedAt, objects }: RestoreRecord,
  signal: AbortSignal | undefined,
): Promise<RestoreStatus> {
  const { cold, now } = context
  const call = signal ? { signal } : {}
  const until = new Map<string, number>()
  let isOver = false
  await forEachParallel(objects, HEADS, async ({ name }) => {
    throwIfAborted(signal)
    const info = await cold.head(name, call)
    const closesAt = requestedAt + READY_MS + hours * HOUR_MS
    if (info?.archivalState === 'restored') until.set(name, info.readableUntil ?? requestedAt + hours * HOUR_MS)
    // It was written down but never asked for, or it has closed again.
    else if (info?.archivalState === 'archived' && now() < closesAt) await cold.restore(name, { hours, ...call })
    // On its way to the archive it may go at any moment: it is asked for once it is there.
    else if (info?.archivalState === 'available' && now() < closesAt) return
    else if (info?.archivalState !== 'restoring') isOver = true
  })
  for (const day of new Set(objects.map((one) => one.day))) await noteReadable(context, day, until)
  const isReady = until.size === objects.length
  return {
    id,
    range,
    hours,
    requestedAt,
    state: isReady ? 'ready' : isOver ? 'expired' : 'restoring',
    days: [...new Set(objects.map(({ day }) => day))],
    objects: objects.length,
    readable: until.size,
    bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
    readyBy: requestedAt + READY_MS,
    ...(isReady && objects.length > 0 ? { readableUntil: Math.min(...until.values()) } : {}),
  }
}

async function noteReadable({ catalog }: TieringContext, day: Day, until: ReadonlyMap<string, number>): Promise<void> {
  await catalog.update(day, ({ value }) => {
    let isNew = false
    const segments = value.segments.map((one): CatalogSegment => {
      const { archive, objectName } = one
      const readableUntil = until.get(objectName)
      if (!archive?.restore || readableUntil === undefined || archive.restore.readableUntil === readableUntil)
        return one
      isNew = true
      return { ...one, archive: { ...archive, restore: { ...archive.restore, readableUntil } } }
    })
    return isNew ? { segments } : undefined
  })
}

function checked(range: RestoreRange): RestoreRange {
  const isRange = Number.isFinite(range?.from) && Number.isFinite(range?.to) && range.from < range.to
  if (!isRange) throw new AnalyticsError('invalid_options', 'range has no from before its to.', { field: 'range' })
  return range
}
