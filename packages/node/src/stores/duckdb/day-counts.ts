import type { HotDay } from '@analytics/protocol'
import type { DataVersions } from '../../records/data-versions.js'
import type { DaysRead } from '../../store.js'
import type { Database } from './database.js'
import { listDays } from './events.js'
import type { TableNames } from './schema.js'

/** Days with rows, oldest first. */
export type DayCounts = (read?: DaysRead) => Promise<readonly HotDay[]>

/** Answers that are kept: those of a query that is read in several parts, and of the one before. */
const KEPT = 8

/** Counts days, each once as long as nothing changes: counting ten million rows takes ten milliseconds, and every read begins with it. */
export function dayCounts(database: () => Promise<Database>, names: TableNames, versions: DataVersions): DayCounts {
  const kept = new Map<string, Promise<readonly HotDay[]>>()
  return async (read = {}) => {
    const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = read
    const { read: lend } = await database()
    const key = `${versions.of({ from, to })} ${JSON.stringify([String(from), String(to), read.except ?? []])}`
    const known = kept.get(key)
    if (known) return known
    const days = lend((connection) => listDays(connection, names, read))
    kept.set(key, days)
    days.catch(() => kept.delete(key))
    const [oldest] = kept.keys()
    if (kept.size > KEPT) kept.delete(oldest!)
    return days
  }
}
