import { type Day, isRecord } from '@analytics/protocol'
import type { SegmentFacts } from '../catalog.js'
import { idsName } from './names.js'

/** What lies beside a segment and says what it is. */
export interface Sidecar {
  day: Day
  segment: SegmentFacts
  /** Names of the objects whose place it took. */
  replaces?: readonly string[]
}

const VERSION = 1

export function sidecarText({ day, segment, replaces }: Sidecar): string {
  return `${JSON.stringify({ version: VERSION, day, ...segment, ...(replaces ? { replaces } : {}) }, null, 2)}\n`
}

const SHA256 = /^[0-9a-f]{64}$/
const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isSha256 = (value: unknown): boolean => typeof value === 'string' && SHA256.test(value)
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
const isOptionalCount = (value: unknown): boolean => value === undefined || isCount(value)

const FIELDS: Readonly<Record<Exclude<keyof SegmentFacts, 'ids'>, (value: unknown) => boolean>> = {
  objectName: isText,
  size: isCount,
  sha256: isSha256,
  doubles: isOptionalCount,
  rows: isCount,
  rowHash: isText,
  minTime: Number.isSafeInteger,
  maxTime: Number.isSafeInteger,
  format: isText,
  compression: isText,
  schemaId: isText,
  sortOrder: isText,
  footerSize: isOptionalCount,
  dictionaryId: isText,
  createdAt: isCount,
}

/** Reads what `sidecarText` wrote for that object; undefined where the text is something else. */
export function parseSidecar(text: string, day: Day, objectName: string): Sidecar | undefined {
  const value = parsed(text)
  if (!isRecord(value) || value.version !== VERSION || value.day !== day || value.objectName !== objectName)
    return undefined
  const { ids, replaces } = value
  const isWhole =
    Object.entries(FIELDS).every(([field, check]) => check(value[field])) &&
    isRecord(ids) &&
    ids.objectName === idsName(objectName) &&
    isCount(ids.size) &&
    isSha256(ids.sha256) &&
    (replaces === undefined || (Array.isArray(replaces) && replaces.every(isText)))
  if (!isWhole) return undefined
  const facts = Object.keys(FIELDS).flatMap((field) => (value[field] === undefined ? [] : [[field, value[field]]]))
  const { objectName: name, size, sha256 } = ids as unknown as SegmentFacts['ids']
  const segment = { ...Object.fromEntries(facts), ids: { objectName: name, size, sha256 } } as SegmentFacts
  return { day, segment, ...(replaces ? { replaces: replaces as string[] } : {}) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
