import type { Filter, Subject } from '@analytics/protocol'
import type { Catalog } from '../catalog-store.js'
import type { ErasureRecords } from '../erasure/records.js'
import { subjectFilter } from '../erasure/subject.js'
import { idsName } from '../segments/names.js'
import type { SegmentCache } from './segment-cache.js'
import type { Sketches } from './sketches.js'

/** People whose erasure is not complete: no reader sees what segments still have of them. */
export interface HiddenPeople {
  /**
   * Takes note of what changed since the last call: who is hidden, and which objects are gone, of which this process keeps no
   * copy. Where nothing changed, it reads one record.
   */
  refresh(): Promise<void>
  isEmpty(): boolean
  /** What leaves out the hidden people of a segment whose sketch was loaded; undefined where it has none of them for certain. */
  filterFor(objectName: string): Filter | undefined
}

/** Nobody is hidden before the first refresh. */
export function createHiddenPeople(options: {
  erasures: ErasureRecords
  sketches: Sketches
  catalog: Catalog
  cache: SegmentCache
}): HiddenPeople {
  const { erasures, sketches, catalog, cache } = options
  let seen = 0
  let subjects: readonly Subject[] = []

  return {
    async refresh() {
      const changes = await erasures.changes()
      if (changes === seen) return
      subjects = (await erasures.pending()).map(({ value }) => value.subject)
      const names = (await catalog.list()).flatMap(({ value }) => value.segments.map(({ objectName }) => objectName))
      await cache.keepOnly(new Set(names.flatMap((name) => [name, idsName(name)])))
      seen = changes
    },
    isEmpty: () => subjects.length === 0,
    filterFor(objectName) {
      const isHere = (id: string): boolean => sketches.mayHave(objectName, new Set([id]))
      const userIds = subjects.flatMap((subject) => subject.userIds.filter(isHere))
      const anonymousIds = subjects.flatMap((subject) => subject.anonymousIds.filter(isHere))
      return userIds.length + anonymousIds.length > 0 ? { not: subjectFilter({ userIds, anonymousIds }) } : undefined
    },
  }
}
