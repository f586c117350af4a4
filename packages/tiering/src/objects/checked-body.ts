import { createHash } from 'node:crypto'
import { AnalyticsError } from '@analytics/protocol'
import { throwIfAborted } from '../abort.js'
import type { ObjectBody } from '../object-store.js'

/**
 * The bytes of a body, checked while they pass.
 * @throws AnalyticsError `checksum_mismatch` after the last byte, where they are not those announced.
 */
export async function* checkedBody(name: string, body: ObjectBody, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const sha256 = createHash('sha256')
  let size = 0
  for await (const bytes of body.open()) {
    throwIfAborted(signal)
    sha256.update(bytes)
    size += bytes.byteLength
    // Not sent on: whoever counts would fail first, for a reason that says less.
    if (size > body.size) throw mismatch(name)
    yield bytes
  }
  if (size !== body.size || sha256.digest('hex') !== body.sha256) throw mismatch(name)
}

function mismatch(name: string): AnalyticsError {
  return new AnalyticsError(
    'checksum_mismatch',
    `The bytes sent for ${name} are not those announced; nothing was stored.`,
  )
}
