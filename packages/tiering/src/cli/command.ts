import { AnalyticsError } from '@analytics/protocol'
import type { MoveProgress } from '../operations/move-context.js'
import type { TieringRunResult } from '../operations/run.js'
import type { Arguments } from './arguments.js'
import type { OpenedTiering } from './open.js'

/** What a command works with. */
export interface CommandContext extends Omit<OpenedTiering, 'close'> {
  arguments: Arguments
  signal: AbortSignal
  /** Tells people how far it is. */
  onProgress(progress: MoveProgress): void
}

/** What a command found or did. */
export interface CommandResult {
  /** For programs. */
  data: unknown
  /** For people. */
  text: string
  /** Whether something is not as it should be, which the exit code tells. */
  isBad?: boolean
  /** Whether the standard output was written to already: the text goes beside it. */
  hasWritten?: boolean
}

/** A command of the command line. */
export interface Command {
  /** Its words and what follows them. */
  usage: string
  does: string
  run(context: CommandContext): Promise<CommandResult>
}

/** What is told where nothing was done. */
export const leaseHeld = (data: unknown): CommandResult => ({
  data,
  text: 'Another worker is at it; nothing was done.',
  isBad: true,
})

/** What a run did. */
export function told(data: TieringRunResult, what: string): CommandResult {
  if (data.status === 'lease_held') return leaseHeld(data)
  const rows = data.moved.reduce((sum, one) => sum + one.rows, 0)
  const lines = [
    `${data.moved.length} days ${what}, ${rows.toLocaleString('en-US')} events.`,
    ...(data.copied.length > 0 ? [`${data.copied.length} days copied, which are still in the hot store, too.`] : []),
    ...data.skipped.map(({ day: skipped, reason }) => `${skipped} was left alone: ${reason}.`),
    ...data.failed.map(({ day: failed, code, message }) => `${failed} failed with ${code}: ${message}`),
  ]
  return { data, text: lines.join('\n'), isBad: data.failed.length > 0 || data.status !== 'done' }
}

/** Where a range is needed. @throws AnalyticsError `invalid_options` */
export function rangeOf({ range }: Arguments): { from: number; to: number } {
  if (range) return range
  throw new AnalyticsError('invalid_options', '--from is missing.', { field: 'from' })
}
