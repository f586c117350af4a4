/** Bytes from `start` (inclusive) to `end` (exclusive). */
export interface ByteRange {
  start: number
  end: number
}

/** Bytes between two ranges for which a request more isn't worth it. */
const SMALL_GAP = 128 * 1024

/** The same bytes in order, what touches or overlaps joined; with a gap, also what lies no farther apart. */
export function joinRanges(ranges: readonly ByteRange[], gap = 0): ByteRange[] {
  const joined: ByteRange[] = []
  for (const { start, end } of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = joined.at(-1)
    if (last && start <= last.end + gap) last.end = Math.max(last.end, end)
    else if (end > start) joined.push({ start, end })
  }
  return joined
}

/** What has to be fetched where those bytes are there, in few requests. */
export function missingRanges(wanted: readonly ByteRange[], present: readonly ByteRange[]): ByteRange[] {
  const missing: ByteRange[] = []
  const there = joinRanges(present)
  for (const { start, end } of joinRanges(wanted)) {
    let from = start
    for (const one of there) {
      if (one.end <= from || one.start >= end) continue
      if (one.start > from) missing.push({ start: from, end: one.start })
      from = one.end
    }
    if (from < end) missing.push({ start: from, end })
  }
  return joinRanges(missing, SMALL_GAP)
}

/** How many bytes they are; they must not overlap. */
export function bytesOf(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0)
}
