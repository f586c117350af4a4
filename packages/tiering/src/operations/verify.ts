import { AnalyticsError, type Day, errorCode } from '@analytics/protocol'
import { throwIfAborted } from '../abort.js'
import { type CatalogSegment, isReadable, liveSegments } from '../catalog.js'
import type { TieringContext } from '../context.js'
import { sidecarName } from '../segments/names.js'
import { findDifference } from './copy.js'

/** Options of a verification. */
export interface VerifyOptions {
  /**
   * Reads every segment whole that can be read: the SHA-256 of its bytes, and its rows.
   * @default false
   */
  deep?: boolean
  signal?: AbortSignal
}

/** Something that is not as the catalog says. */
export interface VerifyProblem {
  day: Day
  objectName: string
  problem: 'missing' | 'size' | 'tier' | 'contents' | 'sidecar' | 'ids' | 'unreadable'
  message: string
}

/** What a verification found. */
export interface VerifyResult {
  ok: boolean
  segments: number
  bytes: number
  /** Segments in the archive tier, which were looked at but not read. */
  archived: number
  problems: readonly VerifyProblem[]
}

/** Compares the catalog with the objects; it changes nothing. */
export async function verifyCatalog(
  context: TieringContext,
  { deep = false, signal }: VerifyOptions,
): Promise<VerifyResult> {
  const problems: VerifyProblem[] = []
  let segments = 0
  let bytes = 0
  let archived = 0
  for (const { day, value } of await context.catalog.list()) {
    for (const segment of liveSegments(value)) {
      throwIfAborted(signal)
      segments++
      bytes += segment.size
      const isOpen = isReadable(segment, context.now())
      if (!isOpen) archived++
      const found = await checkSegment(context, segment, deep && isOpen, signal)
      if (found) problems.push({ day, objectName: segment.objectName, ...found })
    }
  }
  return { ok: problems.length === 0, segments, bytes, archived, problems }
}

type Found = Pick<VerifyProblem, 'problem' | 'message'> | undefined

async function checkSegment(
  context: TieringContext,
  segment: CatalogSegment,
  deep: boolean,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const call = signal ? { signal } : {}
  try {
    const info = await context.cold.head(segment.objectName, call)
    if (!info) return { problem: 'missing', message: 'There is no such object.' }
    if (info.size !== segment.size)
      return { problem: 'size', message: `It has ${info.size} bytes instead of ${segment.size}.` }
    const tier = segment.archive?.step === 'archived' ? 'archive' : 'cold'
    if (info.tier !== tier && segment.archive?.step !== 'archiving')
      return { problem: 'tier', message: `It is in the tier ${info.tier} instead of ${tier}.` }
    if (!(await context.cold.head(sidecarName(segment.objectName), call))) {
      return { problem: 'sidecar', message: `There is no ${sidecarName(segment.objectName)}.` }
    }
    const { ids } = segment
    if ((await context.cold.head(ids.objectName, call))?.size !== ids.size) {
      return { problem: 'ids', message: `${ids.objectName} is missing, or has another size than ${ids.size} bytes.` }
    }
    const difference = deep ? await findDifference({ ...context, call }, segment) : undefined
    return difference === undefined ? undefined : { problem: 'contents', message: difference }
  } catch (error) {
    throwIfAborted(signal)
    const code = errorCode(error) ?? 'internal'
    return { problem: 'unreadable', message: `${code}: ${new AnalyticsError(code).message}` }
  }
}
