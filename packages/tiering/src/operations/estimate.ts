import { DAY_MS } from '@analytics/protocol'
import { type CatalogSegment, isReadable, liveSegments } from '../catalog.js'
import type { TieringContext } from '../context.js'
import { costOfRestore, costOfStorage, costOfUsage, type Prices } from '../usage/prices.js'
import type { DayAction, DaySurvey } from './survey.js'

/** About what a piece of work asks of the object store, where nothing fails. */
export interface WorkEstimate {
  requests: number
  /** Bytes put. */
  bytesSent: number
  /** Bytes fetched. */
  bytesRead: number
  /** Bytes times days of minimum stays that are paid though the objects are gone before. */
  unusedByteDays: number
  /** Of all of that, in `prices.currency`; missing without prices. */
  cost?: number
  /** By how much a month of storage becomes more expensive, or cheaper. */
  monthlyCost?: number
}

/** What estimates are made from. */
export interface EstimateBasis extends Pick<TieringContext, 'prices' | 'now'> {
  cold: Pick<TieringContext['cold'], 'capabilities'>
  /** Of segments, on average. */
  bytesPerRow: number
}

/** Of a day of visits in Parquet, measured: see docs/object-storage.md. */
const USUAL_BYTES_PER_ROW = 47
/** The list of a segment's ids. */
const ID_BYTES = 8
const SIDECAR_BYTES = 1000
/** A segment, the list of its ids, and its description. */
const OBJECTS = 3
/** Each of them, and a look whether the segment is gone. */
const DELETIONS = OBJECTS + 1

/** How large segments are, as far as the catalog knows. */
export function bytesPerRowOf(days: readonly DaySurvey[]): number {
  const segments = days.flatMap(({ entry }) => entry?.value.segments ?? [])
  const [bytes, rows] = [sum(segments, ({ size }) => size), sum(segments, ({ rows }) => rows)]
  return rows > 0 ? bytes / rows : USUAL_BYTES_PER_ROW
}

/** What the work on a day asks for. */
export function estimateDay(action: DayAction, survey: DaySurvey, basis: EstimateBasis): WorkEstimate {
  const segments = survey.entry ? liveSegments(survey.entry.value) : []
  const pending = segments.filter(({ drop }) => drop === 'pending').length
  const all = survey.entry?.value.segments ?? []
  switch (action) {
    case 'move':
    case 'copy':
    case 'resume': {
      const size = survey.hotRows * basis.bytesPerRow
      const ids = survey.hotRows * ID_BYTES
      return withCost(basis, {
        // Put, read back, and looked at before the hot rows go; late rows are compared with what is there.
        requests: OBJECTS + 1 + (action === 'copy' ? 0 : 1) + segments.length + pending,
        bytesSent: size + ids + SIDECAR_BYTES,
        bytesRead: size + sum(segments, (one) => one.ids.size),
        stored: { cold: size + ids },
      })
    }
    case 'drop':
      return withCost(basis, { requests: pending })
    case 'archive': {
      const leaving = segments.filter(({ archive }) => archive?.step !== 'archived')
      const bytes = sum(leaving, ({ size }) => size)
      return withCost(basis, { requests: 3 * leaving.length, leaving, stored: { cold: -bytes, archive: bytes } })
    }
    case 'compact': {
      const bytes = sum(segments, ({ size }) => size)
      return withCost(basis, {
        requests: segments.length * (1 + DELETIONS) + OBJECTS + 2,
        bytesSent: bytes + sum(segments, (one) => one.ids.size) + SIDECAR_BYTES,
        bytesRead: 2 * bytes,
        leaving: segments,
      })
    }
    case 'expire': {
      const archived = sum(all, ({ size, archive }) => (archive ? size : 0))
      return withCost(basis, {
        requests: DELETIONS * all.length,
        leaving: all,
        stored: { cold: archived - sum(all, ({ size, ids }) => size + ids.size), archive: -archived },
      })
    }
  }
}

/** What it asks for to write each of these segments anew, of archived ones after a restore. */
export function estimateRewrites(
  segments: readonly CatalogSegment[],
  { prices, cold, now }: Pick<TieringContext, 'prices' | 'cold' | 'now'>,
): WorkEstimate {
  const bytes = sum(segments, ({ size }) => size)
  const archived = segments.filter((segment) => !isReadable(segment, now()))
  const archivedBytes = sum(archived, ({ size }) => size)
  const restored = prices ? costOfRestore(archivedBytes, prices) : 0
  const work = withCost(
    { prices, cold, now },
    {
      requests: segments.length * (1 + OBJECTS + 1 + 1 + DELETIONS) + 2 * archived.length,
      bytesSent: bytes + sum(segments, ({ ids }) => ids.size + SIDECAR_BYTES),
      bytesRead: 2 * bytes,
      leaving: segments,
      // What was archived lies in the cold tier until it is archived again.
      stored: { cold: archivedBytes, archive: -archivedBytes },
    },
  )
  return prices ? { ...work, cost: (work.cost ?? 0) + restored } : work
}

/** What several pieces of work ask for. */
export function sumEstimates(estimates: readonly WorkEstimate[], prices: Prices | undefined): WorkEstimate {
  const total = (field: keyof WorkEstimate): number => sum(estimates, (one) => one[field] ?? 0)
  return {
    requests: total('requests'),
    bytesSent: total('bytesSent'),
    bytesRead: total('bytesRead'),
    unusedByteDays: total('unusedByteDays'),
    ...(prices ? { cost: total('cost'), monthlyCost: total('monthlyCost') } : {}),
  }
}

/** The minimum stays of these segments that would be paid for nothing. */
export function unusedStay(
  segments: readonly CatalogSegment[],
  { cold, prices, now }: Pick<EstimateBasis, 'cold' | 'prices' | 'now'>,
): { byteDays: number; cost: number } {
  const { minStayDays = {} } = cold.capabilities
  const stays = segments.map(({ size, archive, committedAt }) => {
    const isArchived = archive?.step === 'archived'
    const tier = isArchived ? ('archive' as const) : ('cold' as const)
    const days = (minStayDays[tier] ?? 0) - (now() - (isArchived ? archive.at : committedAt)) / DAY_MS
    return { tier, byteDays: size * Math.max(0, days) }
  })
  return {
    byteDays: sum(stays, ({ byteDays }) => byteDays),
    cost: prices ? sum(stays, ({ tier, byteDays }) => costOfStorage(byteDays, tier, prices, 1)) : 0,
  }
}

interface Work {
  requests: number
  bytesSent?: number
  bytesRead?: number
  /** Segments that leave their tier. */
  leaving?: readonly CatalogSegment[]
  /** Bytes that the tiers have more, or less. */
  stored?: { cold?: number; archive?: number }
}

function withCost(basis: Omit<EstimateBasis, 'bytesPerRow'>, work: Work): WorkEstimate {
  const { requests, bytesSent = 0, bytesRead = 0, leaving = [], stored: { cold = 0, archive = 0 } = {} } = work
  const stay = unusedStay(leaving, basis)
  const whole = {
    requests,
    bytesSent: Math.round(bytesSent),
    bytesRead: Math.round(bytesRead),
    unusedByteDays: Math.round(stay.byteDays),
  }
  const { prices } = basis
  if (!prices) return whole
  return {
    ...whole,
    cost: costOfUsage({ requests: { put: requests }, bytesSent, bytesRead }, prices) + stay.cost,
    monthlyCost: costOfStorage(cold, 'cold', prices) + costOfStorage(archive, 'archive', prices),
  }
}

function sum<Item>(items: readonly Item[], numberOf: (item: Item) => number): number {
  return items.reduce((total, item) => total + numberOf(item), 0)
}
