import type { Duration } from '@analytics/protocol'
import type { ErasurePart } from '../erasure/records.js'
import type { ErasureStatus } from '../operations/erasures.js'
import type { Arguments } from './arguments.js'
import { type Command, type CommandResult, told } from './command.js'
import { bytes, estimateText, instant, table } from './format.js'

/** The commands that erase people. */
export const ERASE_COMMANDS: Readonly<Record<string, Command>> = {
  'erase request': {
    usage: 'erase request --user <id> [--visitor <id>] [--within <time>] [--yes]',
    does: 'tells what an erasure would touch; with --yes it is written down, and the hot store erased for good',
    async run({ tiering, arguments: given }) {
      const subject = subjectOf(given)
      if (given.yes) {
        const within = given.within === undefined ? {} : { within: given.within as Duration }
        const asked = statusResult(await tiering.erase.request(subject, within))
        return { ...asked, text: `${asked.text}\nGo on with erase run until it is complete.` }
      }
      const data = await tiering.erase.estimate(subject)
      const { segments, days, archivedSegments, archivedBytes, heldDays } = data
      const lines = [
        `${segments} segments of ${days.length} days may have events of the person, ${bytes(data.bytes)}.`,
        `${archivedSegments} of them, ${bytes(archivedBytes)}, must be restored from the archive first.`,
        estimateText(data.work),
        ...(heldDays.length > 0 ? [`Held: ${heldDays.join(', ')}.`] : []),
        'Nothing was erased: --yes does it.',
      ]
      return { data, text: lines.join('\n') }
    },
  },
  'erase run': {
    usage: 'erase run',
    does: 'goes on with every erasure that is not complete',
    async run({ tiering, signal, onProgress }) {
      const data = await tiering.erase.run({ signal, onProgress })
      const { text, isBad = false } = told(data, 'rewritten')
      const lines = [
        ...data.completed.map((id) => `${id} is complete.`),
        ...data.pending.map(({ id, waiting }) => `${id} waits for ${reasons(waiting)}.`),
      ]
      return { data, text: [text, ...lines].join('\n'), isBad }
    },
  },
  'erase list': {
    usage: 'erase list',
    does: 'every erasure that is not complete',
    async run({ tiering }) {
      const data = await tiering.erase.list()
      const rows = data.map(({ id, state, dueAt, isOverdue, waiting }) => [
        id,
        state,
        `${isOverdue ? 'overdue since' : 'due'} ${instant(dueAt)}`,
        reasons(waiting),
      ])
      const text = rows.length > 0 ? table(['id', 'state', '', 'waits for'], rows) : 'Every erasure is complete.'
      return { data, text, isBad: data.some(({ isOverdue }) => isOverdue) }
    },
  },
  'erase status': {
    usage: 'erase status <id>',
    does: 'how far an erasure is',
    run: async ({ tiering, arguments: { words } }) => statusResult(await tiering.erase.status(words[2] ?? '')),
  },
  'erase receipt': {
    usage: 'erase receipt <id>',
    does: 'the signed receipt of an erasure that is complete, as JSON',
    async run({ tiering, arguments: { words } }) {
      const data = await tiering.erase.receipt(words[2] ?? '')
      return { data, text: JSON.stringify(data, null, 2) }
    },
  },
}

function subjectOf({ users, visitors }: Arguments): { userIds: readonly string[]; anonymousIds: readonly string[] } {
  return { userIds: users, anonymousIds: visitors }
}

function statusResult(data: ErasureStatus): CommandResult {
  const { id, state, dueAt, isOverdue, waiting } = data
  const when = state === 'complete' ? '' : ` ${isOverdue ? 'Overdue since' : 'Due'} ${instant(dueAt)}.`
  const why = waiting.length > 0 ? ` Waits for ${reasons(waiting)}.` : ''
  return { data, text: `${id} is ${state}.${why}${when}`, isBad: isOverdue }
}

/** Each reason once, with the days of it. */
function reasons(waiting: readonly ErasurePart[]): string {
  const found = new Set(waiting.map(({ reason }) => reason))
  const daysOf = (reason: string): string[] =>
    waiting.flatMap((part) => (part.reason === reason && part.day !== undefined ? [part.day] : []))
  return [...found].map((reason) => [reason, ...daysOf(reason)].join(' ')).join(', ') || 'a run'
}
