/** A cell: text is aligned left, numbers right. */
export type Cell = string | number

/** Prints rows under a title, columns aligned. */
export function printTable(title: string, header: readonly string[], rows: readonly (readonly Cell[])[]): void {
  const texts = rows.map((row) => row.map(cellText))
  const widths = header.map((name, at) => Math.max(name.length, ...texts.map((row) => row[at]!.length)))
  const isNumber = header.map((_, at) => rows.some((row) => typeof row[at] === 'number'))
  const line = (cells: readonly string[]) =>
    cells
      .map((text, at) => (isNumber[at] ? text.padStart(widths[at]!) : text.padEnd(widths[at]!)))
      .join('  ')
      .trimEnd()
  console.log(
    [`\n${title}`, line(header), line(widths.map((width) => '─'.repeat(width))), ...texts.map(line)].join('\n'),
  )
}

function cellText(cell: Cell): string {
  if (typeof cell === 'string') return cell
  const digits = Number.isInteger(cell) || Math.abs(cell) >= 100 ? 0 : Math.abs(cell) >= 10 ? 1 : 2
  return cell.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The value below which a share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
