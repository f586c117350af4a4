import { AnalyticsError } from './errors.js'
import type { Day } from './event.js'
import { canonicalJson } from './json.js'
import { type Duration, durationMs } from './queries/base.js'

/** A signature that anybody checks who has the public key. */
export interface Signature {
  algorithm: 'Ed25519'
  /** SPKI as DER, base64. */
  publicKey: string
  /** Of the bytes of `canonicalJson(body)` in UTF-8, base64. */
  value: string
}

/** What was done, and proof of who says so. */
export interface SignedReceipt<Body = unknown> {
  body: Body
  signature: Signature
}

/** Signs what was done. */
export async function signedReceipt<Body>(
  { sign }: { sign(text: string): Promise<Signature> },
  body: Body,
): Promise<SignedReceipt<Body>> {
  return { body, signature: await sign(canonicalJson(body)) }
}

/** How far an erasure is, on whatever it works. */
export interface ErasureProgress {
  id: string
  /** `blocked`: nothing but holds keeps it from being complete. `complete`: the bytes are gone, and there is a receipt. */
  state: 'pending' | 'blocked' | 'complete'
  /** UTC milliseconds. */
  requestedAt: number
  /** By when it must be complete. */
  dueAt: number
  isOverdue: boolean
  completedAt?: number
  /** What keeps it from being complete, as the last run left it. */
  waiting: readonly { reason: string; day?: Day }[]
}

/** What each receipt of an erasure says. It names nobody. */
export interface ErasureFacts {
  version: 1
  id: string
  /** Keyed hashes (HMAC-SHA256) of the person's ids, hex, ascending. */
  subject: readonly string[]
  /** ISO 8601. */
  requestedAt: string
  dueAt: string
  completedAt: string
}

/** Where an erasure stands that has a receipt. */
export function completedErasure({
  id,
  requestedAt,
  dueAt,
  completedAt,
}: ErasureFacts): ErasureProgress & { waiting: readonly never[] } {
  return {
    id,
    state: 'complete',
    requestedAt: Date.parse(requestedAt),
    dueAt: Date.parse(dueAt),
    isOverdue: false,
    completedAt: Date.parse(completedAt),
    waiting: [],
  }
}

/** How long an erasure may take, in ms. @throws AnalyticsError `invalid_options` */
export function erasureTimeMs(within: Duration): number {
  const ms = durationMs(within)
  if (ms && ms > 0) return ms
  throw new AnalyticsError('invalid_options', 'within is no time such as 30d.', { field: 'within' })
}

/** The error for a receipt that there is not. */
export function withoutReceipt(id: string, isPending: boolean): AnalyticsError {
  const message = isPending
    ? `The erasure ${id} is not complete, and has no receipt yet.`
    : `There is no erasure ${id}.`
  return new AnalyticsError('not_found', message)
}
