import type { WorkEstimate } from '../operations/estimate.js'

/** Rows as text, the columns aligned; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [header, ...rows.map((row) => row.map((cell) => (typeof cell === 'number' ? count(cell) : cell)))]
  const widths = header.map((_, at) => Math.max(...cells.map((row) => row[at]!.length)))
  const isNumber = header.map((_, at) => rows.length > 0 && rows.every((row) => typeof row[at] === 'number'))
  const lines = cells.map((row) =>
    row
      .map((cell, at) => (isNumber[at] ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)))
      .join('  ')
      .trimEnd(),
  )
  return lines.join('\n')
}

const count = (value: number): string => value.toLocaleString('en-US')

/** Bytes in the unit that people read. */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = value < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10))
  const scaled = value / 1024 ** power
  return `${power === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[power]}`
}

/** An instant, to the minute. */
export function instant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** An amount of money, of which small ones keep two digits that count. */
export function money(amount: number, currency = ''): string {
  const small = Math.abs(amount) < 1 && amount !== 0
  const text = small ? String(Number(amount.toPrecision(2))) : amount.toFixed(2)
  return currency === '' ? text : `${text} ${currency}`
}

/** What a piece of work would ask for. */
export function estimateText({
  requests,
  bytesSent,
  bytesRead,
  unusedByteDays,
  cost,
  monthlyCost,
}: WorkEstimate): string {
  const parts = [`About ${requests} requests, ${bytes(bytesSent)} sent, ${bytes(bytesRead)} read`]
  if (unusedByteDays > 0) parts.push(`a minimum stay of ${bytes(unusedByteDays)} for a day is paid for nothing`)
  if (cost !== undefined) parts.push(`cost ${money(cost)}, then ${money(monthlyCost ?? 0)} a month`)
  return `${parts.join('; ')}.`
}
