import { createHash } from 'node:crypto'
import type { ObjectBody, ObjectInfo, ObjectStore } from '../object-store.js'
import { checkedBody } from '../objects/checked-body.js'
import { openChunks, openedSize, sealChunks, sealedRange, sealedSize } from './chunks.js'
import type { ObjectKeys } from './keys.js'

/**
 * An object store that sees nothing but encrypted bytes of some objects, each with a key of its own. What was put before stays as
 * it is, and readable. Sizes and ranges are those of the body, checksums of what is sent. It has no local files to lend.
 */
export function encryptedStore(
  store: ObjectStore,
  keys: ObjectKeys,
  isSecret: (objectName: string) => boolean,
): ObjectStore {
  const { localFile: _localFile, ...inner } = store
  const keyOf = async (name: string): Promise<Buffer | undefined> => (isSecret(name) ? keys.find(name) : undefined)
  const opened = async (info: ObjectInfo): Promise<ObjectInfo> =>
    (await keyOf(info.name)) ? { ...info, size: openedSize(info.size) } : info

  return {
    ...inner,
    async put(name, body, options) {
      if (!isSecret(name)) return store.put(name, body, options)
      // Not encrypted for nothing: a name tells its bytes, so that one key serves one body only.
      if (await store.head(name, options?.signal ? { signal: options.signal } : {})) return { status: 'exists' }
      const key = await keys.make(name)
      return store.put(name, await sealedBody(name, body, key, options?.signal), options)
    },
    async *get(name, { start = 0, end, ...options } = {}) {
      const key = await keyOf(name)
      const range = end === undefined ? { start } : { start, end }
      if (!key || (end !== undefined && end <= start)) {
        yield* store.get(name, { ...options, ...range })
        return
      }
      const { first, skip, ...sealed } = sealedRange(start, end)
      let toSkip = skip
      let left = end === undefined ? Number.POSITIVE_INFINITY : end - start
      const chunks = openChunks(store.get(name, { ...options, ...sealed }), key, {
        objectName: name,
        first,
        toEnd: end === undefined,
      })
      for await (const chunk of chunks) {
        const part = chunk.subarray(toSkip, toSkip + Math.min(left, chunk.byteLength))
        toSkip = 0
        left -= part.byteLength
        if (part.byteLength > 0) yield part
      }
    },
    async head(name, options) {
      const info = await store.head(name, options)
      return info && opened(info)
    },
    async *list(prefix, options) {
      for await (const info of store.list(prefix, options)) yield opened(info)
    },
    async delete(name, options) {
      await store.delete(name, options)
      if (isSecret(name)) await keys.destroy(name)
    },
  }
}

/** What is sent of a body; it is read once to know its checksum, which also proves that it is what was announced. */
async function sealedBody(
  name: string,
  body: ObjectBody,
  key: Buffer,
  signal: AbortSignal | undefined,
): Promise<ObjectBody> {
  const sha256 = createHash('sha256')
  for await (const bytes of sealChunks(checkedBody(name, body, signal), key)) sha256.update(bytes)
  return { size: sealedSize(body.size), sha256: sha256.digest('hex'), open: () => sealChunks(body.open(), key) }
}
