/** `12,345`, or `–` where there is no number. */
export function formatNumber(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : Math.round(value).toLocaleString('en')
}

/** `53.6%`, or `–`. */
export function formatShare(share: number | null): string {
  return share === null ? '–' : `${(share * 100).toFixed(share === 1 ? 0 : 1)}%`
}

/** `1m 4s`, or `–`. */
export function formatSeconds(seconds: number | null): string {
  if (seconds === null) return '–'
  const rounded = Math.round(seconds)
  if (rounded < 60) return `${rounded}s`
  if (rounded < 3600) return `${Math.floor(rounded / 60)}m ${rounded % 60}s`
  return `${Math.floor(rounded / 3600)}h ${Math.floor((rounded % 3600) / 60)}m`
}

/** `36 kB` */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

const DAY = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric', timeZone: 'UTC' })
const LONG_DAY = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeZone: 'UTC' })

/** `Aug 24` */
export function formatDay(day: string): string {
  return DAY.format(new Date(day.slice(0, 10)))
}

/** `Monday, August 24, 2026` */
export function formatLongDay(day: string): string {
  return LONG_DAY.format(new Date(day.slice(0, 10)))
}

/** The start of an interval: `Aug 24`, or `Aug 24, not over`. */
export function formatStart({ start, complete }: { start: string; complete: boolean }): string {
  return `${formatDay(start)}${complete ? '' : ', not over'}`
}
