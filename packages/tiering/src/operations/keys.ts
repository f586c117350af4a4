import { AnalyticsError } from '@analytics/protocol'
import type { TieringContext } from '../context.js'

/** What a rotation of keys did. */
export interface KeyRotation {
  /** Encrypted segments. */
  keys: number
  /** Those whose keys were wrapped anew. */
  rotated: number
}

/** Wraps the keys of segments by the current key. */
export async function rotateKeys({ keys, hot }: TieringContext): Promise<KeyRotation> {
  if (!keys) throw new AnalyticsError('invalid_options', 'There are no encryption.keys.', { field: 'encryption' })
  const rotation = await keys.rotate()
  await hot.audit({ action: 'tiering.rotate-keys', target: 'segments', details: { ...rotation } })
  return rotation
}
