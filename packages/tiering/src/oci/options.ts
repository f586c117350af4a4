import { AnalyticsError } from '@analytics/protocol'
import { isSecureUrl } from '../secure-url.js'
import type { OciAuth } from './auth.js'

/** Options of `ociObjectStore`. */
export interface OciObjectStoreOptions {
  /** A bucket of the Standard tier; without versioning, retention rules and lifecycle rules of its own. */
  bucket: string
  /**
   * Another bucket of the same namespace and region, for what is archived: of the Archive or the Standard tier. Archiving copies an
   * object there and deletes it here once the copy is proven.
   * @default none: the tier of an object changes where it lies
   */
  archiveBucket?: string
  /** The tenancy's namespace. @default asked from the service */
  namespace?: string
  /** Who the requests come from. @default the profile DEFAULT of ~/.oci/config */
  auth?: OciAuth
  /** Such as `eu-frankfurt-1`. @default the one that `auth` names */
  region?: string
  /** Where the service is, where that is not the region's public address. Plain http only on loopback. */
  endpoint?: string
  /**
   * What readable objects are stored as. `InfrequentAccess` costs less, but a fee to read and at least 31 days.
   * @default 'InfrequentAccess'
   */
  coldTier?: 'InfrequentAccess' | 'Standard'
  /** OCID of a key in OCI Vault that encrypts the objects. @default the bucket's */
  kmsKeyId?: string
  /** A key of 32 bytes, base64, that the service uses and forgets (SSE-C): without it nobody reads the objects any more. */
  customerKey?: string
  /** Objects from this size on are put in parts, bytes; at least 10 MiB. @default 134217728 (128 MiB) */
  multipartFrom?: number
  /** Size of a part, bytes; at least 10 MiB. @default 67108864 (64 MiB) */
  partBytes?: number
  /** Requests that one call makes at most where the service fails or is busy. @default 8 */
  attempts?: number
  /**
   * How long a request may take, in ms, and how slow its body may pass: the deadline is the one plus the body's time.
   * @default { ms: 60000, bytesPerSecond: 1048576 }
   */
  deadline?: { ms?: number; bytesPerSecond?: number }
  /** UTC milliseconds. @default Date.now */
  now?: () => number
  /** @default Math.random */
  random?: () => number
  /** @default globalThis.fetch */
  fetch?: typeof globalThis.fetch
}

/** Options with every default filled in. */
export interface ResolvedOciOptions {
  bucket: string
  archiveBucket: string | undefined
  namespace: string | undefined
  auth: OciAuth
  region: string | undefined
  endpoint: string | undefined
  coldTier: 'InfrequentAccess' | 'Standard'
  kmsKeyId: string | undefined
  customerKey: string | undefined
  multipartFrom: number
  partBytes: number
  attempts: number
  deadline: { ms: number; bytesPerSecond: number }
  now: () => number
  random: () => number
  fetch: typeof globalThis.fetch
}

const MIB = 1024 * 1024

/** Parts of the service: at least so large, but for the last, and at most so many. */
const MIN_PART = 10 * MIB

/** Checks options and fills in defaults. @throws AnalyticsError `invalid_options` with the field at fault. */
export function resolveOciOptions(options: OciObjectStoreOptions): ResolvedOciOptions {
  const { bucket, archiveBucket, endpoint, customerKey, coldTier = 'InfrequentAccess', attempts = 8 } = options
  const { multipartFrom = 128 * MIB, partBytes = 64 * MIB } = options
  const { ms = 60_000, bytesPerSecond = MIB } = options.deadline ?? {}
  if (!isBucketName(bucket)) throw invalid('bucket', 'is no name of a bucket.')
  if (archiveBucket !== undefined && !isBucketName(archiveBucket))
    throw invalid('archiveBucket', 'is no name of a bucket.')
  if (archiveBucket === bucket)
    throw invalid('archiveBucket', 'is the bucket itself: leave it out to archive objects where they lie.')
  if (coldTier !== 'InfrequentAccess' && coldTier !== 'Standard')
    throw invalid('coldTier', 'is neither InfrequentAccess nor Standard.')
  if (endpoint !== undefined) assertEndpoint(endpoint)
  if (customerKey !== undefined && Buffer.from(customerKey, 'base64').byteLength !== 32)
    throw invalid('customerKey', 'is no key of 32 bytes in base64.')
  if (customerKey !== undefined && options.kmsKeyId !== undefined)
    throw invalid('customerKey', 'and kmsKeyId exclude each other.')
  for (const [name, bytes] of Object.entries({ multipartFrom, partBytes })) {
    if (!Number.isInteger(bytes) || bytes < MIN_PART) throw invalid(name, `is less than ${MIN_PART} bytes.`)
  }
  if (!Number.isInteger(attempts) || attempts < 1) throw invalid('attempts', 'is no whole number from 1 on.')
  if (!(ms > 0)) throw invalid('deadline.ms', 'is not above 0.')
  if (!(bytesPerSecond > 0)) throw invalid('deadline.bytesPerSecond', 'is not above 0.')
  return {
    bucket,
    archiveBucket,
    namespace: options.namespace,
    auth: options.auth ?? {},
    region: options.region,
    endpoint,
    coldTier,
    kmsKeyId: options.kmsKeyId,
    customerKey,
    multipartFrom,
    partBytes,
    attempts,
    deadline: { ms, bytesPerSecond },
    now: options.now ?? Date.now,
    random: options.random ?? Math.random,
    fetch: options.fetch ?? ((...args) => globalThis.fetch(...args)),
  }
}

function isBucketName(name: unknown): boolean {
  return typeof name === 'string' && /^[A-Za-z0-9_.-]{1,256}$/.test(name)
}

function assertEndpoint(endpoint: string): void {
  if (URL.canParse(endpoint) && isSecureUrl(new URL(endpoint))) return
  throw invalid('endpoint', 'is neither https nor http on loopback: requests would cross the network in the clear.')
}

function invalid(field: string, fault: string): AnalyticsError {
  return new AnalyticsError('invalid_options', `${field} ${fault}`, { field })
}
