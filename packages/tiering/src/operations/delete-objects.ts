import { AnalyticsError } from '@analytics/protocol'
import { idsName, sidecarName } from '../segments/names.js'
import type { MoveContext } from './move-context.js'

/**
 * Deletes a segment's object for good with all that describes it, which goes last: nothing tells of an object that is there.
 * @throws AnalyticsError `outcome_unknown` where the object is still there.
 */
export async function deleteSegmentObjects(
  { cold, cache, sketches, call }: MoveContext,
  objectName: string,
): Promise<void> {
  const ids = idsName(objectName)
  await Promise.all([cache.forget(objectName), cache.forget(ids), sketches.forget(objectName)])
  await cold.delete(objectName, call)
  if (await cold.head(objectName, call)) throw new AnalyticsError('outcome_unknown', `${objectName} is still there.`)
  for (const name of [ids, sidecarName(objectName)]) await cold.delete(name, call)
}
