import { AnalyticsError, DAY_MS, type Day, dayOf, eachRecord, errorCode, type RecordStore } from '@analytics/protocol'
import {
  type CatalogChange,
  type CatalogDay,
  type CatalogEntry,
  type DayState,
  dayState,
  liveSegments,
} from './catalog.js'
import type { ObjectStore } from './object-store.js'
import type { SegmentFormat } from './segment-format.js'
import { dayPrefix } from './segments/names.js'

/** The catalog in the hot store's database. */
export interface Catalog {
  read(day: Day): Promise<CatalogEntry>
  /**
   * Days in the catalog, oldest first; of a range (UTC milliseconds, `to` exclusive) only those that touch it.
   * @throws AnalyticsError `invalid_options` where segments are encrypted and there are no keys.
   */
  list(range?: { from: number; to: number }): Promise<CatalogEntry[]>
  /**
   * Changes a day that nobody changed since it was read.
   * @throws AnalyticsError `catalog_conflict` where somebody did.
   */
  change(entry: CatalogEntry, change: CatalogChange): Promise<CatalogEntry>
  /** Writes down that the day was read now, unless somebody has changed it since. Nobody's `change` fails for that. */
  noteAccess(entry: CatalogEntry): Promise<void>
  /**
   * Changes a day whoever else changes it: what `changeOf` makes of it is made anew after a conflict. Where that is undefined,
   * nothing is changed. Resolves to the day as it was read last.
   */
  update(day: Day, changeOf: (entry: CatalogEntry) => CatalogChange | undefined): Promise<CatalogEntry>
}

/** The catalog of these stores. */
export function createCatalog(options: {
  records: RecordStore
  cold: ObjectStore
  format: SegmentFormat
  /** Whether segments are encrypted that are put from now on. */
  isEncrypted: boolean
  now: () => number
}): Catalog {
  const { records, cold, format, isEncrypted, now } = options

  function newDay(day: Day): CatalogDay {
    return {
      tierName: 'hot',
      dateRangeStart: day,
      dateRangeEnd: day,
      storageLocation: `${cold.name}:${cold.location}`,
      filePrefix: dayPrefix(day),
      compressionType: format.compression,
      encryptionEnabled: isEncrypted,
      recordsCount: 0,
      sizeBytes: 0,
      createdAt: now(),
      lastAccessed: null,
      state: 'hot',
      segments: [],
      retiredObjects: [],
      attempts: 0,
    }
  }

  /**
   * The day as it is now, where it was only read meanwhile: whoever else writes a day leaves that instant alone, and it was written once.
   */
  async function behindAccess({ day, value: before, version }: CatalogEntry): Promise<CatalogEntry | undefined> {
    const current = await records.get<CatalogDay>('tier', day)
    const isRead = current?.version === version + 1 && current.value.lastAccessed !== before.lastAccessed
    return isRead ? { day, ...current } : undefined
  }

  async function put({ day, value: before, version }: CatalogEntry, change: CatalogChange) {
    const changed = { ...before, ...change, ...(isEncrypted ? { encryptionEnabled: true } : {}) } as CatalogDay
    const value = withFacts(changed, now())
    const next = await records.put('tier', day, value, version)
    return next === undefined ? undefined : { day, version: next, value }
  }

  const catalog: Catalog = {
    async noteAccess({ day, value, version }) {
      await records.put('tier', day, { ...value, lastAccessed: now() }, version)
    },
    async read(day) {
      const record = await records.get<CatalogDay>('tier', day)
      return { day, version: record?.version ?? 0, value: record?.value ?? newDay(day) }
    },
    async list(range) {
      const last = range && (range.to > range.from ? dayOf(clamp(range.to - 1)) : '')
      const entries: CatalogEntry[] = []
      const behind = range ? { after: dayOf(clamp(range.from) - DAY_MS) } : {}
      for await (const { key, version, value } of eachRecord<CatalogDay>(records, 'tier', behind)) {
        if (last !== undefined && key > last) break
        if (value.encryptionEnabled && !isEncrypted) throw withoutKeys(key)
        entries.push({ day: key, version, value })
      }
      return entries
    },
    async change(entry, change) {
      let changed = await put(entry, change)
      const current = changed ? undefined : await behindAccess(entry)
      if (current) changed = await put(current, change)
      if (changed) return changed
      throw new AnalyticsError('catalog_conflict', `The catalog of ${entry.day} was changed by another worker.`)
    },
    async update(day, changeOf) {
      for (;;) {
        const entry = await catalog.read(day)
        const change = changeOf(entry)
        if (!change) return entry
        try {
          await catalog.change(entry, change)
          return entry
        } catch (error) {
          if (errorCode(error) !== 'catalog_conflict') throw error
        }
      }
    },
  }
  return catalog
}

function withoutKeys(day: Day): AnalyticsError {
  return new AnalyticsError('invalid_options', `Segments of ${day} are encrypted: give the option encryption.`, {
    field: 'encryption',
  })
}

/** Ranges may be open towards both ends; days are four-digit years. */
function clamp(time: number): number {
  return Math.min(Math.max(time, Date.parse('0001-01-02')), Date.parse('9999-12-31'))
}

const TIER_NAMES: Readonly<Record<DayState, CatalogDay['tierName']>> = {
  hot: 'hot',
  copied: 'cold',
  cold: 'cold',
  archiving: 'archive',
  archived: 'archive',
  restored: 'archive',
  // What was deleted was the archive's, or the cold tier's, last.
  expired: 'cold',
}

/** Sets what follows from the segments; fields that were unset are left out, as JSON leaves them out. */
function withFacts(value: CatalogDay, now: number): CatalogDay {
  const segments = liveSegments(value)
  const state = dayState(value, now)
  const set = Object.fromEntries(
    Object.entries(value).filter(([, field]) => field !== undefined),
  ) as unknown as CatalogDay
  return {
    ...set,
    state,
    tierName: TIER_NAMES[state],
    recordsCount: segments.reduce((sum, { rows }) => sum + rows, 0),
    sizeBytes: segments.reduce((sum, { size }) => sum + size, 0),
  }
}
