import { AnalyticsError } from '@analytics/protocol'
import { throwIfAborted } from '../abort.js'
import type { ObjectInfo, ObjectStore } from '../object-store.js'
import { checkObjectName, objectNotFound } from '../objects/object-names.js'
import { connect, type OciConnection } from '../oci/connection.js'
import { getObject } from '../oci/get.js'
import { archivalStateOf, headObject } from '../oci/head.js'
import { type OciObjectStoreOptions, type ResolvedOciOptions, resolveOciOptions } from '../oci/options.js'
import { putObject } from '../oci/put.js'
import { settingsConcerns } from '../oci/settings.js'
import { twoBuckets } from '../oci/two-buckets.js'

export type { OciAuth, OciAuthProvider } from '../oci/auth.js'
export type { OciObjectStoreOptions } from '../oci/options.js'

/** Objects that one page of a listing has at most. */
const PAGE = 1000

/**
 * Objects in a bucket of OCI Object Storage, through the real SDK: `oci-common` and `oci-objectstorage` are peers. Nothing is
 * asked of the service before the first call.
 *
 * A bucket with retention rules refuses to erase; one with versioning keeps what was deleted, so that a deletion takes every version.
 * With `archiveBucket` objects are archived by copies, which take their time: `archive` answers `pending` until one is proven.
 * @throws AnalyticsError `invalid_options`; later `missing_dependency`, or `invalid_options` where a bucket is not found.
 * @example
 * createTiering({ hot, cold: ociObjectStore({ bucket: 'analytics' }), policy: { dropAfter: '90d', archiveAfter: '1y' } })
 */
export function ociObjectStore(options: OciObjectStoreOptions): ObjectStore {
  const resolved = resolveOciOptions(options)
  let connecting: Promise<OciConnection> | undefined
  let isClosed = false

  const connection = (): Promise<OciConnection> => {
    if (isClosed) throw new AnalyticsError('closed', 'The object store was closed.')
    // One that failed may be tried again: a network comes back, a policy is corrected.
    connecting ??= connect(resolved).catch((error) => {
      connecting = undefined
      throw error
    })
    return connecting
  }

  const close = async (): Promise<void> => {
    isClosed = true
    const open = await connecting?.catch(() => undefined)
    connecting = undefined
    open?.close()
  }

  const { archiveBucket, kmsKeyId } = resolved
  const main = bucketStore(resolved, connection, close)
  if (archiveBucket === undefined) return main
  const both = async () => {
    const open = await connection()
    // It is there wherever the option is.
    return { ...open, archive: open.archive! }
  }
  const archive = bucketStore({ ...resolved, bucket: archiveBucket }, async () => (await both()).archive, close)
  return twoBuckets({ main, archive, connection: both, kmsKeyId })
}

/** The objects of one bucket. */
function bucketStore(
  options: ResolvedOciOptions,
  connection: () => Promise<OciConnection>,
  close: () => Promise<void>,
): ObjectStore {
  return {
    name: 'oci',
    location: `${options.namespace ?? ''}/${options.bucket}`,
    capabilities: {
      archive: true,
      durable: true,
      minStayDays: { cold: options.coldTier === 'InfrequentAccess' ? 31 : 0, archive: 90 },
    },

    async put(name, body, { signal, tier = 'cold' } = {}) {
      checkObjectName(name)
      throwIfAborted(signal)
      return putObject(await connection(), options, { name, body, tier, signal })
    },

    async *get(name, { signal, start = 0, end } = {}) {
      checkObjectName(name)
      throwIfAborted(signal)
      if (end !== undefined && end <= start) {
        const found = await headObject(await connection(), name, signal)
        if (!found) throw objectNotFound(name)
        return
      }
      yield* getObject(await connection(), options, { name, start, end, signal })
    },

    async head(name, { signal } = {}) {
      checkObjectName(name)
      const found = await headObject(await connection(), name, signal)
      if (!found) return undefined
      const { sha256: _sha256, checksums: _checksums, ...info } = found
      return info
    },

    async *list(prefix, { signal } = {}) {
      if (prefix !== '') checkObjectName(prefix.replace(/\/$/, ''))
      const { ask, names } = await connection()
      const fields = 'name,size,etag,timeModified,storageTier,archivalState'
      let start: string | undefined
      do {
        const from = start === undefined ? {} : { start }
        const { result } = await ask({ what: `Listing ${prefix}`, isRead: true, signal }, (client) =>
          client.listObjects({ ...names, prefix, limit: PAGE, fields, ...from }),
        )
        const { objects, nextStartWith } = result.listObjects
        for (const one of objects) {
          throwIfAborted(signal)
          yield listedInfo(one)
        }
        start = nextStartWith
      } while (start !== undefined && start !== null)
    },

    async delete(name, { signal } = {}) {
      checkObjectName(name)
      const open = await connection()
      const { ask, names } = open
      for await (const versionId of versionsOf(open, name, signal)) {
        await ask({ what: `The removal of ${name}`, signal }, (client) =>
          client.deleteObject({ ...names, objectName: name, versionId }),
        ).catch(unlessMissing)
      }
    },

    async archive(name, { signal } = {}) {
      checkObjectName(name)
      const open = await connection()
      const info = await headObject(open, name, signal)
      if (!info) throw objectNotFound(name)
      if (info.tier === 'archive') return { status: 'archived' }
      await open.ask({ what: `Archiving ${name}`, signal }, (client) =>
        client.updateObjectStorageTier({
          ...open.names,
          updateObjectStorageTierDetails: { objectName: name, storageTier: 'Archive' as never },
        }),
      )
      return { status: 'archived' }
    },

    async restore(name, { hours, signal }) {
      checkObjectName(name)
      if (!Number.isInteger(hours) || hours < 1 || hours > 240)
        throw new AnalyticsError('invalid_options', 'hours is no whole number from 1 to 240.', { field: 'hours' })
      const open = await connection()
      const info = await headObject(open, name, signal)
      if (!info) throw objectNotFound(name)
      if (info.archivalState === 'available') return
      await open.ask({ what: `The restore of ${name}`, signal }, (client) =>
        client.restoreObjects({ ...open.names, restoreObjectsDetails: { objectName: name, hours } }),
      )
    },

    inspect: async ({ signal } = {}) => settingsConcerns(await connection(), signal),

    close,
  }
}

/** The versions that a name has, marks of deletion too: in a bucket without versioning it is the one. */
async function* versionsOf(
  { ask, names }: OciConnection,
  name: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  let page: string | undefined
  do {
    const from = page === undefined ? {} : { page }
    const { result, response } = await ask(
      { what: `Listing the versions of ${name}`, isRead: true, signal },
      (client) => client.listObjectVersions({ ...names, prefix: name, limit: PAGE, ...from }),
    )
    for (const { name: found, versionId } of result.objectVersionCollection.items) if (found === name) yield versionId
    page = response.headers.get('opc-next-page') ?? undefined
  } while (page !== undefined)
}

function unlessMissing(error: unknown): void {
  if (!(error instanceof AnalyticsError && error.code === 'object_not_found')) throw error
}

/** The SDK declares the instants of a listing as dates; they are texts. */
function listedInfo(one: import('oci-objectstorage').models.ObjectSummary): ObjectInfo {
  const { name, size = 0, etag = '', timeModified, storageTier, archivalState } = one
  return {
    name,
    size,
    etag,
    tier: storageTier === 'Archive' ? 'archive' : 'cold',
    archivalState: archivalStateOf(archivalState, storageTier),
    modifiedAt: Date.parse(String(timeModified)),
  }
}
