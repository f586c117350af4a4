import type { MoveProgress } from '../operations/move-context.js'

/** Shows people how far a run is. */
export interface ProgressDisplay {
  tell(progress: MoveProgress): void
  /** Must be called before anything else is written. */
  end(): void
}

/** For programs. */
export const NO_PROGRESS: ProgressDisplay = { tell() {}, end() {} }

/** What it is shown on. */
type Output = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>

const CLEAR_LINE = '\r\u001b[K'
const BAR_WIDTH = 20

/** One line that is drawn anew on a terminal, without colours; elsewhere a line for each step. */
export function progressDisplay(
  output: Output,
  env: Readonly<Record<string, string | undefined>>,
  now: () => number = Date.now,
): ProgressDisplay {
  if (!output.isTTY || env.TERM === 'dumb')
    return { tell: ({ day, step }) => void output.write(`${day} ${step}\n`), end() {} }
  const startedAt = now()
  let last: MoveProgress | undefined
  const draw = (): void => {
    // A line that wraps could not be drawn over.
    if (last) output.write(CLEAR_LINE + lineOf(last, now() - startedAt).slice(0, (output.columns || 80) - 1))
  }
  const timer = setInterval(draw, 1000)
  timer.unref()
  return {
    tell(progress) {
      last = progress
      draw()
    },
    end() {
      clearInterval(timer)
      if (last) output.write(CLEAR_LINE)
    },
  }
}

/** `[##########----------] 16 of 31 days  2026-08-16 verify  1:05` */
function lineOf({ day, step, index, of }: MoveProgress, ms: number): string {
  if (index === undefined || of === undefined) return `${day} ${step}  ${clock(ms)}`
  const done = step === 'done' ? index : index - 1
  const bar = '#'.repeat(Math.floor((done / of) * BAR_WIDTH)).padEnd(BAR_WIDTH, '-')
  return `[${bar}] ${index} of ${of} days  ${day} ${step}  ${clock(ms)}`
}

/** `1:05`, `1:02:03` */
function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const [first, ...rest] = parts[0] === 0 ? parts.slice(1) : parts
  return [first, ...rest.map((part) => String(part).padStart(2, '0'))].join(':')
}
