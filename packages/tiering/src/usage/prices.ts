import { AnalyticsError } from '@analytics/protocol'
import { requestsOf, type UsageCounts } from './usage.js'

/** What a tier costs. A GB is 10⁹ bytes. */
export interface TierPrices {
  /** Of a GB for 30 days. */
  gbMonth: number
  /** Of a GB that is read from the cold tier, or restored from the archive. @default 0 */
  gbRead?: number
}

/** What the object store costs: as the contract says, for no price list is built in. */
export interface Prices {
  /** Such as `EUR`; it is only shown. */
  currency: string
  cold: TierPrices
  /** @default that of the cold tier */
  archive?: TierPrices
  /** Of 10,000 requests of any kind. @default 0 */
  requests10k?: number
}

const GB = 1e9
const MONTH_DAYS = 30

/** @throws AnalyticsError `invalid_options` */
export function checkedPrices(prices: Prices): Prices {
  const { currency, cold, archive, requests10k = 0 } = prices
  if (typeof currency !== 'string' || currency === '') throw invalid('prices.currency', 'is missing')
  const all: [string, number | undefined][] = [
    ['cold.gbMonth', cold?.gbMonth],
    ['cold.gbRead', cold?.gbRead ?? 0],
    ...(archive
      ? ([
          ['archive.gbMonth', archive.gbMonth],
          ['archive.gbRead', archive.gbRead ?? 0],
        ] as const)
      : []),
    ['requests10k', requests10k],
  ].map(([name, price]) => [String(name), price as number | undefined])
  for (const [name, price] of all)
    if (!(typeof price === 'number' && Number.isFinite(price) && price >= 0))
      throw invalid(`prices.${name}`, 'is no price from zero on')
  return prices
}

function invalid(field: string, fault: string): AnalyticsError {
  return new AnalyticsError('invalid_options', `${field} ${fault}.`, { field })
}

const tierOf = ({ cold, archive = cold }: Prices, tier: 'cold' | 'archive'): TierPrices =>
  tier === 'cold' ? cold : archive

/** What requests and reads cost. */
export function costOfUsage(counts: UsageCounts, prices: Prices): number {
  const { requests10k = 0 } = prices
  return (requestsOf(counts) / 10_000) * requests10k + (counts.bytesRead / GB) * (prices.cold.gbRead ?? 0)
}

/** What it costs to restore these bytes. */
export function costOfRestore(bytes: number, prices: Prices): number {
  return (bytes / GB) * (tierOf(prices, 'archive').gbRead ?? 0)
}

/** What it costs to keep these bytes for some days, a month where none are given. */
export function costOfStorage(
  bytes: number,
  tier: 'cold' | 'archive',
  prices: Prices,
  days: number = MONTH_DAYS,
): number {
  return (bytes / GB) * tierOf(prices, tier).gbMonth * (days / MONTH_DAYS)
}
