import { DAY_MS, type Day } from '@analytics/protocol'
import type { CatalogEntry } from '../catalog.js'
import type { Catalog } from '../catalog-store.js'
import type { Logger } from '../options.js'

/** Writes down when days were read last. */
export interface Accesses {
  /** Does so in the background for those of the days that were not read for an hour, as far as it is known. */
  note(entries: readonly CatalogEntry[]): void
  /** Resolves once nothing is left to be written. */
  settled(): Promise<void>
}

const HOUR_MS = DAY_MS / 24

/** Nothing was read yet. */
export function createAccesses(options: { catalog: Catalog; logger: Logger; now: () => number }): Accesses {
  const { catalog, logger, now } = options
  /** When this process has written last that a day was read. */
  const noted = new Map<Day, number>()
  let writing: Promise<void> = Promise.resolve()

  async function write(entries: readonly CatalogEntry[]): Promise<void> {
    for (const entry of entries) await catalog.noteAccess(entry)
  }

  return {
    note(entries) {
      const due = entries.filter(({ day, value }) => {
        const last = Math.max(noted.get(day) ?? 0, value.lastAccessed ?? 0)
        return now() - last >= HOUR_MS
      })
      if (due.length === 0) return
      for (const { day } of due) noted.set(day, now())
      writing = writing.then(() => write(due)).catch((error) => logger.warn({ error }, 'A read could not be noted'))
    },
    settled: () => writing,
  }
}
