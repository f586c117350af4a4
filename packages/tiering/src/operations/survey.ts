import type { Day, Seal } from '@analytics/protocol'
import type { CatalogEntry } from '../catalog.js'
import type { TieringContext } from '../context.js'
import { activeHolds, type Hold, holdOf } from './hold.js'

/**
 * What is done with a day. `move`: copy, verify, drop. `copy`: the same without the drop. `resume`: go on with a move that stopped. `drop`:
 * only the hot rows remain to go. `archive`: its segments go to the archive tier. `expire`: they are deleted for good. `compact`: they become one.
 */
export type DayAction = 'move' | 'copy' | 'resume' | 'drop' | 'archive' | 'expire' | 'compact'

/** One day seen from both sides. */
export interface DaySurvey {
  day: Day
  /** Hot rows that no committed segment stands for. */
  hotRows: number
  entry: CatalogEntry | undefined
  hold?: Hold
}

/** Seals whose rows are still in the hot store though a committed segment stands for them. */
export function pendingSeals(entries: readonly CatalogEntry[]): Seal[] {
  return entries.flatMap(({ value }) => value.segments.filter(({ drop }) => drop === 'pending').map(({ seal }) => seal))
}

/** Every day that is in the hot store or in the catalog, oldest first. */
export async function surveyDays(context: TieringContext): Promise<DaySurvey[]> {
  const { catalog, hot } = context
  const holds = await activeHolds(context)
  const entries = await catalog.list()
  const hotDays = await hot.listDays({ except: pendingSeals(entries) })
  const days = new Map<Day, DaySurvey>()
  for (const { day, rows } of hotDays) days.set(day, { day, hotRows: rows, entry: undefined })
  for (const entry of entries)
    days.set(entry.day, { day: entry.day, hotRows: days.get(entry.day)?.hotRows ?? 0, entry })
  for (const survey of days.values()) {
    const hold = holdOf(survey.day, holds)
    if (hold) survey.hold = hold
  }
  return [...days.values()].sort((a, b) => (a.day < b.day ? -1 : 1))
}
