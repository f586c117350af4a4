import { AnalyticsError } from '@analytics/protocol'

/** What stands in front of every table name; names are never quoted, so it holds nothing that would need it. */
export function checkedPrefix(prefix = 'pf_'): string {
  if (/^[a-z_][a-z0-9_]{0,29}$/i.test(prefix)) return prefix.toLowerCase()
  throw new AnalyticsError(
    'invalid_options',
    'prefix holds other characters than letters, digits and underscores, or more than 30.',
    { field: 'prefix' },
  )
}
