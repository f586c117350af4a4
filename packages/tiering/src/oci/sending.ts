import { Readable } from 'node:stream'
import type { ObjectBody, StorageTier } from '../object-store.js'
import type { ResolvedOciOptions } from './options.js'

/** What an object is put with. */
export interface Putting {
  name: string
  body: ObjectBody
  tier: StorageTier
  signal: AbortSignal | undefined
}

/** The service's name of a tier. */
export function serviceTier(tier: StorageTier, { coldTier }: ResolvedOciOptions): string {
  return tier === 'archive' ? 'Archive' : coldTier
}

/** A stream of the bytes: the SDK blocks the event loop on buffers, and stores nothing of web streams. */
export function streamOf(bytes: AsyncIterable<Uint8Array>): Readable {
  return Readable.from(bytes, { objectMode: false })
}
