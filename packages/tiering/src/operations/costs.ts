import { DAY_MS, type Day } from '@analytics/protocol'
import { liveSegments } from '../catalog.js'
import type { TieringContext } from '../context.js'
import { costOfStorage, costOfUsage } from '../usage/prices.js'
import { addUsage, noUsage, type UsageCounts } from '../usage/usage.js'

/** Which days to report, UTC milliseconds, `to` exclusive. @default the last 30 days */
export interface CostOptions {
  from?: number
  to?: number
}

/** What was asked of the object store on a UTC day. */
export interface CostDay extends UsageCounts {
  day: Day
  /** Of requests and reads, in `currency`; missing without prices. */
  cost?: number
}

/** What the object store was asked for, and holds. */
export interface CostReport {
  /** Days on which there was anything, oldest first. */
  days: readonly CostDay[]
  total: UsageCounts & { cost?: number }
  /** Bytes that the tiers hold now, as the catalog knows. */
  stored: { cold: number; archive: number }
  /** Of a month of what is stored; missing without prices. */
  monthlyCost?: number
  currency?: string
}

const DAYS = 30

/** What the ledger and the catalog tell, with the prices of now. */
export async function reportCosts(context: TieringContext, { from, to }: CostOptions): Promise<CostReport> {
  const { ledger, catalog, prices, now } = context
  await ledger.note()
  const end = to ?? now() + 1
  const noted = await ledger.read({ from: from ?? end - DAYS * DAY_MS, to: end })
  const priced = <Counts extends UsageCounts>(counts: Counts): Counts & { cost?: number } =>
    prices ? { ...counts, cost: costOfUsage(counts, prices) } : counts
  const stored = { cold: 0, archive: 0 }
  for (const { value } of await catalog.list()) {
    for (const { size, ids, archive } of liveSegments(value)) {
      stored[archive?.step === 'archived' ? 'archive' : 'cold'] += size
      stored.cold += ids.size
    }
  }
  return {
    days: noted.map(({ day, counts }) => priced({ day, ...counts })),
    total: priced(noted.map(({ counts }) => counts).reduce(addUsage, noUsage())),
    stored,
    ...(prices
      ? {
          monthlyCost: costOfStorage(stored.cold, 'cold', prices) + costOfStorage(stored.archive, 'archive', prices),
          currency: prices.currency,
        }
      : {}),
  }
}
