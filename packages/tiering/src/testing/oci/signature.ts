import { createHash, createVerify, type KeyLike } from 'node:crypto'

/** A key that requests may be signed with. */
export interface SigningKey {
  /** `<tenancy>/<user>/<fingerprint>`, or `ST$<token>` for a principal. */
  keyId: string
  publicKey: KeyLike
}

/** What a signature covers besides the headers that it names. */
export interface SignedRequest {
  method: string
  /** Path and query exactly as they were sent. */
  target: string
  headers: Headers
}

/** Minutes that the clock of a sender may be off. */
const SKEW_MS = 5 * 60_000

const ALWAYS_SIGNED = ['(request-target)', 'host']
const SIGNED_WITH_BODY = ['content-length', 'content-type', 'x-content-sha256']

/**
 * Whether a request is signed as the service demands: RSA-SHA256 over the headers that it names, among them a date, the target
 * and the host; with a body, also its length, type and SHA-256, except where an object or a part is put.
 * Source: draft-cavage-http-signatures-08 as Oracle's "Request Signatures", version 1.
 */
export function isSigned(
  { method, target, headers }: SignedRequest,
  { keys, signsBody, now }: { keys: readonly SigningKey[]; signsBody: boolean; now: number },
): boolean {
  const fields = fieldsOf(headers.get('authorization') ?? '')
  const key = keys.find(({ keyId }) => keyId === fields.keyId)
  if (!key || fields.version !== '1' || fields.algorithm !== 'rsa-sha256') return false
  const names = (fields.headers ?? '').toLowerCase().split(' ')
  const date = names.find((name) => name === 'date' || name === 'x-date')
  const required = [...ALWAYS_SIGNED, ...(signsBody ? SIGNED_WITH_BODY : [])]
  if (!date || !required.every((name) => names.includes(name))) return false
  if (!(Math.abs(Date.parse(headers.get(date) ?? '') - now) <= SKEW_MS)) return false
  const lines = names.map((name) =>
    name === '(request-target)' ? `${name}: ${method.toLowerCase()} ${target}` : `${name}: ${headers.get(name) ?? ''}`,
  )
  return createVerify('RSA-SHA256')
    .update(lines.join('\n'))
    .verify(key.publicKey, fields.signature ?? '', 'base64')
}

/** Whether the body is the one whose SHA-256 was signed. */
export function isSignedBody(body: Uint8Array, headers: Headers): boolean {
  return createHash('sha256').update(body).digest('base64') === headers.get('x-content-sha256')
}

function fieldsOf(authorization: string): Readonly<Record<string, string | undefined>> {
  if (!authorization.startsWith('Signature ')) return {}
  const pairs = [...authorization.matchAll(/([A-Za-z]+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!] as const)
  return Object.fromEntries(pairs)
}
