import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { AnalyticsError, errorCode } from '@analytics/protocol'
import { throwIfAborted } from '../abort.js'
import type { ObjectBody, ObjectInfo, ObjectStore } from '../object-store.js'
import { checkReadable, restored, type TierRecord, tierInfo } from '../objects/archive-tier.js'
import { checkedBody } from '../objects/checked-body.js'
import { hasErrorCode, syncFolders, walk } from '../objects/file-system.js'
import { checkObjectName, objectNotFound } from '../objects/object-names.js'

/** Read at once; the default of 64 KiB takes many turns of the event loop for an object. */
const CHUNK_BYTES = 512 * 1024

/** Options of {@link fileObjectStore}. */
export interface FileObjectStoreOptions {
  /** The folder that holds the objects; made where it is missing. Its file system must have hard links. */
  dir: string
  /** @default Date.now */
  now?: () => number
  /**
   * How long the restore of an archived object takes, in ms.
   * @default 0
   */
  restoreDelayMs?: number
}

/**
 * Objects as files of a folder, the embedded default: what lies below `events/` is read as it is by any tool that reads
 * Parquet. A put is flushed to the disk before it is acknowledged. Folders that begin with a dot are the store's own: the
 * archive tier is one by name only, kept in `.meta/`, so that what reads it behaves as it would on a service.
 * @example
 * createTiering({ hot, cold: fileObjectStore({ dir: './cold' }), policy: { dropAfter: '90d' } })
 */
export function fileObjectStore({ dir, now = Date.now, restoreDelayMs = 0 }: FileObjectStoreOptions): ObjectStore {
  if (typeof dir !== 'string' || dir === '') {
    throw new AnalyticsError('invalid_options', 'dir is no path of a folder.', { field: 'dir' })
  }
  const root = resolve(dir)
  const metaFile = (name: string): string => join(root, '.meta', `${name}.json`)

  async function recordOf(name: string): Promise<TierRecord> {
    try {
      return JSON.parse(await readFile(metaFile(name), 'utf8')) as TierRecord
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT')) return { tier: 'cold' }
      throw unavailable(error)
    }
  }

  async function keepRecord(name: string, record: TierRecord): Promise<void> {
    const temporary = await newTemporary()
    try {
      await temporary.file.writeFile(JSON.stringify(record))
      await temporary.file.sync()
      await temporary.file.close()
      await mkdir(dirname(metaFile(name)), { recursive: true })
      await rename(temporary.path, metaFile(name))
    } finally {
      await temporary.remove()
    }
  }

  async function newTemporary(): Promise<{ path: string; file: FileHandle; remove(): Promise<void> }> {
    const path = join(root, '.tmp', randomUUID())
    await mkdir(dirname(path), { recursive: true })
    const file = await open(path, 'wx')
    return {
      path,
      file,
      async remove() {
        await file.close().catch(() => {})
        await rm(path, { force: true })
      },
    }
  }

  async function head(name: string): Promise<ObjectInfo | undefined> {
    checkObjectName(name)
    try {
      const found = await stat(join(root, name), { bigint: true })
      if (!found.isFile()) return undefined
      const etag = `${found.size.toString(36)}-${found.mtimeNs.toString(36)}`
      const modifiedAt = Number(found.mtimeNs / 1_000_000n)
      return { name, size: Number(found.size), etag, modifiedAt, ...tierInfo(await recordOf(name), now()) }
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT', 'ENOTDIR')) return undefined
      throw unavailable(error)
    }
  }

  async function readablePath(name: string): Promise<string> {
    if (!(await head(name))) throw objectNotFound(name)
    checkReadable(name, await recordOf(name), now())
    return join(root, name)
  }

  /** Writes the bytes beside, then links them to their name, which fails where the name is taken. */
  async function putNew(name: string, body: ObjectBody, signal: AbortSignal | undefined): Promise<boolean> {
    const temporary = await newTemporary()
    try {
      for await (const bytes of checkedBody(name, body, signal)) await temporary.file.writeFile(bytes)
      await temporary.file.sync()
      await temporary.file.close()
      throwIfAborted(signal)
      const path = join(root, name)
      await mkdir(dirname(path), { recursive: true })
      const isNew = await link(temporary.path, path).then(
        () => true,
        (error) => {
          if (hasErrorCode(error, 'EEXIST')) return false
          throw error
        },
      )
      if (isNew) await syncFolders(dirname(path), root)
      return isNew
    } catch (error) {
      throw unavailable(error)
    } finally {
      await temporary.remove()
    }
  }

  return {
    name: 'file',
    location: root,
    capabilities: { archive: true, durable: true },
    async put(name, body, { signal, tier = 'cold' } = {}) {
      if (await head(name)) return { status: 'exists' }
      if (!(await putNew(name, body, signal))) return { status: 'exists' }
      if (tier === 'archive') await keepRecord(name, { tier })
      return { status: 'created', etag: (await head(name))?.etag ?? '' }
    },
    async *get(name, { signal, start = 0, end } = {}) {
      throwIfAborted(signal)
      const path = await readablePath(name)
      if (end !== undefined && end <= start) return
      try {
        const last = end === undefined ? {} : { end: end - 1 }
        for await (const bytes of createReadStream(path, { highWaterMark: CHUNK_BYTES, start, ...last })) {
          throwIfAborted(signal)
          yield bytes as Uint8Array
        }
      } catch (error) {
        throw hasErrorCode(error, 'ENOENT') ? objectNotFound(name) : unavailable(error)
      }
    },
    localFile: readablePath,
    head,
    async *list(prefix, { signal } = {}) {
      for await (const name of walk(root, prefix)) {
        throwIfAborted(signal)
        const info = await head(name)
        if (info) yield info
      }
    },
    async delete(name) {
      checkObjectName(name)
      await rm(join(root, name), { force: true })
      await rm(metaFile(name), { force: true })
    },
    async archive(name) {
      if (!(await head(name))) throw objectNotFound(name)
      if ((await recordOf(name)).tier === 'cold') await keepRecord(name, { tier: 'archive' })
      return { status: 'archived' }
    },
    async restore(name, { hours }) {
      if (!(await head(name))) throw objectNotFound(name)
      await keepRecord(name, restored(await recordOf(name), { hours, now: now(), restoreDelayMs }))
    },
    async close() {},
  }
}

function unavailable(error: unknown): unknown {
  if (errorCode(error) !== undefined) return error
  const code = (error as { code?: unknown }).code
  return new AnalyticsError('store_unavailable', `The folder of objects failed: ${String(code)}.`, { cause: error })
}
