import { errorCode } from '@analytics/protocol'
import type { ObjectInfo, ObjectStore } from '../object-store.js'
import { checkObjectName } from '../objects/object-names.js'
import { askForCopy, assertSame, copyState } from './archive-copy.js'
import type { ArchiveConnection, OciConnection } from './connection.js'
import { headObject } from './head.js'

/** The parts of {@link twoBuckets}. */
export interface TwoBuckets {
  /** Where objects are put. */
  main: ObjectStore
  /** Where they go. */
  archive: ObjectStore
  connection(): Promise<OciConnection & { archive: ArchiveConnection }>
  kmsKeyId: string | undefined
}

/**
 * One store of two buckets: objects are put into the one, and archived into the other under the same name. As long as an object is in
 * both it counts as not archived. Every call asks the main bucket first: an object leaves it only after it has come into the other.
 */
export function twoBuckets({ main, archive, connection, kmsKeyId }: TwoBuckets): ObjectStore {
  const callOf = (options: { signal?: AbortSignal } | undefined) => (options?.signal ? { signal: options.signal } : {})

  return {
    ...main,
    location: `${main.location} and ${archive.location}`,

    async put(name, body, options) {
      const [bucket, other] = options?.tier === 'archive' ? [archive, main] : [main, archive]
      if (await other.head(name, callOf(options))) return { status: 'exists' }
      return bucket.put(name, body, options)
    },

    async *get(name, options) {
      let isBegun = false
      try {
        for await (const bytes of main.get(name, options)) {
          isBegun = true
          yield bytes
        }
        return
      } catch (error) {
        // One that goes while it is read can't be gone on with from its first byte.
        if (isBegun || errorCode(error) !== 'object_not_found') throw error
      }
      yield* archive.get(name, options)
    },

    head: async (name, options) => (await main.head(name, options)) ?? archive.head(name, options),

    list: (prefix, options) => mergedByName(main.list(prefix, options), archive.list(prefix, options)),

    async delete(name, options) {
      // The source first: a copy of it that still runs then fails, and leaves nothing behind.
      await main.delete(name, options)
      await archive.delete(name, options)
    },

    async archive(name, { signal, ticket } = {}) {
      checkObjectName(name)
      const open = await connection()
      const state = ticket === undefined ? undefined : await copyState(open, ticket, signal)
      if (ticket !== undefined && state?.status === 'running') return { status: 'pending', ticket }
      const [source, copy] = [await headObject(open, name, signal), await headObject(open.archive, name, signal)]
      const call = signal ? { signal } : {}
      if (!source) return archive.archive(name, call)
      // It was archived where it lies, before there was another bucket; such an object can't be copied.
      if (source.tier === 'archive') return { status: 'archived' }
      if (copy) {
        assertSame(source, copy, open.archive.names.bucketName)
        await main.delete(name, call)
        return { status: 'archived' }
      }
      if (state?.status === 'ended') return { status: 'failed', reason: state.reason }
      return { status: 'pending', ticket: await askForCopy(open, open.archive, source, { kmsKeyId, signal }) }
    },

    async restore(name, options) {
      const bucket = (await main.head(name, callOf(options))) ? main : archive
      return bucket.restore(name, options)
    },
  }
}

/** Two listings as one, in the order of names; of an object that is in both, what the first says. */
async function* mergedByName(
  first: AsyncIterable<ObjectInfo>,
  second: AsyncIterable<ObjectInfo>,
): AsyncGenerator<ObjectInfo> {
  const others = second[Symbol.asyncIterator]()
  try {
    let other = await others.next()
    for await (const info of first) {
      for (; !other.done && other.value.name < info.name; other = await others.next()) yield other.value
      if (!other.done && other.value.name === info.name) other = await others.next()
      yield info
    }
    for (; !other.done; other = await others.next()) yield other.value
  } finally {
    await others.return?.()
  }
}
