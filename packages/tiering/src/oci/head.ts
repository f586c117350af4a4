import { AnalyticsError } from '@analytics/protocol'
import type { ArchivalState, ObjectInfo } from '../object-store.js'
import { objectNotFound } from '../objects/object-names.js'
import type { OciConnection } from './connection.js'

/** What a `HEAD` tells, the checksums among it. */
export interface HeadAnswer extends ObjectInfo {
  /** SHA-256 of all bytes, lower-case hex; of an object that was put in parts only where it was written down. */
  sha256: string | undefined
  /** What the service itself has summed up, by the header's name. */
  checksums: Readonly<Record<string, string>>
}

/** Headers with checksums of all bytes. Objects that were put in parts have only the CRC32C. */
export const WHOLE_SUMS = ['opc-content-sha256', 'opc-content-sha384', 'opc-content-crc32c', 'content-md5'] as const

/** Headers with checksums of the parts' checksums: they differ where the same bytes are cut otherwise. */
export const PARTS_SUMS = ['opc-multipart-sha256', 'opc-multipart-md5'] as const

const STATES: Readonly<Record<string, ArchivalState>> = {
  archived: 'archived',
  restoring: 'restoring',
  restored: 'restored',
}

/** State of the archive by the service's word for it. */
export function archivalStateOf(state: string | null | undefined, tier: string | null | undefined): ArchivalState {
  return STATES[String(state ?? '').toLowerCase()] ?? (tier === 'Archive' ? 'archived' : 'available')
}

/** Key of the metadata that holds the SHA-256 of an object that was put in parts: the service has none of these. */
export const SHA256_METADATA = 'sha256'

/** Asks for an object; undefined where there is none. */
export async function headObject(
  { ask, names, customerKey }: OciConnection,
  name: string,
  signal: AbortSignal | undefined,
): Promise<HeadAnswer | undefined> {
  try {
    const { response } = await ask({ what: `Asking for ${name}`, isRead: true, signal }, (client) =>
      client.headObject({ ...names, objectName: name, ...customerKey }),
    )
    return infoOf(name, response.headers)
  } catch (error) {
    if (error instanceof AnalyticsError && error.code === 'object_not_found') return undefined
    throw error
  }
}

/** The SDK's own reading of these headers gets times wrong: it spells local time as UTC. */
function infoOf(name: string, headers: Headers): HeadAnswer {
  const tier = headers.get('storage-tier')
  const archivalState = archivalStateOf(headers.get('archival-state'), tier)
  const until = Date.parse(headers.get('time-of-archival') ?? '')
  const sha256 = headers.get('opc-content-sha256')
  return {
    name,
    size: Number(headers.get('content-length')),
    etag: headers.get('etag') ?? '',
    tier: tier === 'Archive' ? 'archive' : 'cold',
    archivalState,
    modifiedAt: Date.parse(headers.get('last-modified') ?? ''),
    ...(archivalState === 'restored' && Number.isFinite(until) ? { readableUntil: until } : {}),
    sha256: sha256
      ? Buffer.from(sha256, 'base64').toString('hex')
      : (headers.get(`opc-meta-${SHA256_METADATA}`) ?? undefined),
    checksums: Object.fromEntries(
      [...WHOLE_SUMS, ...PARTS_SUMS].flatMap((sum) => {
        const value = headers.get(sum)
        return value === null ? [] : [[sum, value]]
      }),
    ),
  }
}

/** Rejects as a read of an object does that is not there, or must be restored first; undefined where it can be read. */
export async function whyUnreadable(
  connection: OciConnection,
  name: string,
  signal: AbortSignal | undefined,
): Promise<AnalyticsError | undefined> {
  const info = await headObject(connection, name, signal)
  if (!info) return objectNotFound(name)
  const { archivalState: state } = info
  if (state !== 'archived' && state !== 'restoring') return undefined
  return new AnalyticsError('object_archived', `The object ${name} is ${state}.`, { details: { state } })
}
