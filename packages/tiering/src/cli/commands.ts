import type { Day, Duration } from '@analytics/protocol'
import type { RestoreStatus } from '../operations/restore-status.js'
import { requestsOf } from '../usage/usage.js'
import { type Command, type CommandResult, leaseHeld, rangeOf, told } from './command.js'
import { ERASE_COMMANDS } from './erase-commands.js'
import { EXPORT_COMMANDS } from './export-commands.js'
import { bytes, estimateText, instant, money, table } from './format.js'

/** Every command, by its words. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  plan: {
    usage: 'plan',
    does: 'what run, compact, archive and expire would do now, and why',
    async run({ tiering }) {
      const data = await tiering.plan()
      const rows = [...data.due, ...data.compactions, ...data.archives, ...data.expiries].map(
        ({ day, action, rows: count, why }) => [day, action, count, why],
      )
      const held = data.held.map(({ day, rows: count, reason }) => [day, 'held', count, reason])
      const parked = data.parked.map(({ day, by, at }) => [day, 'parked', '', `by ${by}, at ${instant(at)}`])
      const [next] = data.waiting
      const later = next ? `\nNext: ${next.day} at ${instant(next.dueAt)}.` : ''
      const all = [...rows, ...parked, ...held] as (string | number)[][]
      const asks = rows.length > 0 ? `\n${estimateText(data.estimate)}` : ''
      const list = all.length > 0 ? table(['day', 'action', 'rows', 'why'], all) : 'Nothing is due.'
      return { data, text: list + asks + later }
    },
  },
  run: {
    usage: 'run',
    does: 'moves what is due to object storage',
    run: async ({ tiering, signal, onProgress }) => told(await tiering.run({ signal, onProgress }), 'moved'),
  },
  compact: {
    usage: 'compact',
    does: 'makes one segment of the several that late events have left of a day',
    run: async ({ tiering, signal, onProgress }) => told(await tiering.compact({ signal, onProgress }), 'made one'),
  },
  archive: {
    usage: 'archive',
    does: 'brings what is due to the archive tier; there is no way back',
    run: async ({ tiering, signal, onProgress }) => told(await tiering.archive({ signal, onProgress }), 'archived'),
  },
  expire: {
    usage: 'expire [--yes]',
    does: 'tells what has expired; with --yes it is deleted for good',
    async run({ tiering, arguments: { yes }, signal, onProgress }) {
      const result = told(
        await tiering.expire({ dryRun: !yes, signal, onProgress }),
        yes ? 'deleted' : 'would be deleted',
      )
      return yes ? result : { ...result, text: `${result.text}\nNothing was deleted: --yes does it.` }
    },
  },
  status: {
    usage: 'status',
    does: 'every day by tier',
    async run({ tiering }) {
      const data = await tiering.status()
      const rows = data.days.map(({ day, state, rows: count, bytes: size, segments, lastError, parked }) => [
        day,
        state,
        count,
        bytes(size),
        segments,
        parked ? 'parked' : lastError ? `failed: ${lastError.code}` : '',
      ])
      return {
        data,
        text:
          rows.length > 0 ? table(['day', 'state', 'rows', 'stored', 'segments', ''], rows) : 'There are no events.',
      }
    },
  },
  explain: {
    usage: 'explain <day>',
    does: 'where a day is, why, and what comes next',
    async run({ tiering, arguments: { words } }) {
      const data = await tiering.explain(words[1] as Day)
      const lines = [
        `${data.day} is ${data.state}: ${data.rows.toLocaleString('en-US')} events, ${data.hotRows.toLocaleString('en-US')} of them in the hot store only.`,
        data.next ? data.next.why : 'Nothing comes next.',
        ...(data.hold ? [`Held: ${data.hold.reason}`] : []),
        ...(data.lastError
          ? [`Attempt ${data.attempts} failed at ${instant(data.lastError.at)}: ${data.lastError.message}`]
          : []),
        ...data.objects.map(({ name, bytes: size, archivedAt, paidUntil }) =>
          [
            `${name}, ${bytes(size)}`,
            ...(archivedAt === undefined ? [] : [`archived ${instant(archivedAt)}`]),
            ...(paidUntil === undefined ? [] : [`paid until ${instant(paidUntil)}`]),
          ].join(', '),
        ),
      ]
      return { data, text: lines.join('\n') }
    },
  },
  costs: {
    usage: 'costs [--from <day>] [--to <day>]',
    does: 'what the object store was asked for, and holds; of the last 30 days where none are named',
    async run({ tiering, arguments: { range } }) {
      const data = await tiering.costs(range ?? {})
      const { total, stored, monthlyCost, currency = '' } = data
      const rows = [...data.days, { day: 'all', ...total }].map((one) => [
        one.day,
        requestsOf(one),
        bytes(one.bytesSent),
        bytes(one.bytesRead),
        one.cost === undefined ? '' : money(one.cost, currency),
      ])
      const monthly = monthlyCost === undefined ? '' : `, ${money(monthlyCost, currency)} a month`
      const holds = `Stored: ${bytes(stored.cold)} cold, ${bytes(stored.archive)} in the archive${monthly}.`
      return { data, text: `${table(['day', 'requests', 'sent', 'read', ''], rows)}\n${holds}` }
    },
  },
  park: {
    usage: 'park <day>',
    does: 'leaves a day alone until it is retried',
    async run({ tiering, arguments: { words } }) {
      await tiering.park(words[1] as Day)
      return { data: { parked: words[1] }, text: `${words[1]} is left alone: retry goes on with it.` }
    },
  },
  retry: {
    usage: 'retry [<day>]',
    does: 'lets the next run work on a day again that is parked or failed; on all of them without a day',
    async run({ tiering, arguments: { words } }) {
      const days = await tiering.retry(words[1])
      return { data: { days }, text: days.length > 0 ? `Next run: ${days.join(', ')}.` : 'No day is parked or failed.' }
    },
  },
  verify: {
    usage: 'verify [--deep]',
    does: 'compares the catalog with the objects; with --deep it reads all that can be read',
    async run({ tiering, arguments: { deep }, signal }) {
      const data = await tiering.verify({ deep, signal })
      const looked = `${data.segments} segments, ${bytes(data.bytes)}, ${data.archived} of them in the archive.`
      const problems = data.problems.map(({ day, problem, message }) => [day, problem, message])
      const text = data.ok ? `Nothing is wrong: ${looked}` : `${looked}\n${table(['day', 'problem', ''], problems)}`
      return { data, text, isBad: !data.ok }
    },
  },
  gc: {
    usage: 'gc [--older-than <time>] [--yes] [--force]',
    does: 'tells which objects the catalog does not know; with --yes those that are old enough are deleted',
    async run({ tiering, arguments: { yes, force, olderThan }, signal }) {
      const age = olderThan === undefined ? {} : { olderThan: olderThan as Duration }
      const data = await tiering.gc({ dryRun: !yes, force, signal, ...age })
      if (data.status === 'lease_held') return leaseHeld(data)
      const rows = data.orphans.map(({ objectName, size, modifiedAt, state }) => [
        objectName,
        bytes(size),
        instant(modifiedAt),
        state,
      ])
      const list = rows.length > 0 ? `\n${table(['object', 'size', 'put at', ''], rows)}` : ''
      const hint =
        !yes && data.orphans.some(({ state }) => state === 'due') ? '\nNothing was deleted: --yes does it.' : ''
      const text = `${data.orphans.length} of ${data.objects} objects are orphans, ${data.foreign} are not ours.${list}${hint}`
      return { data, text }
    },
  },
  'rebuild-catalog': {
    usage: 'rebuild-catalog [--deep] [--yes]',
    does: 'tells which segments of the bucket a lost database has forgotten; with --yes they are written down',
    async run({ tiering, arguments: { yes, deep }, signal, onProgress }) {
      const data = await tiering.rebuildCatalog({ dryRun: !yes, deep, signal, onProgress })
      if (data.status === 'lease_held') return leaseHeld(data)
      const segments = data.days.reduce((sum, { added }) => sum + added.length, 0)
      const rows = data.days.reduce((sum, one) => sum + one.rows, 0)
      const lines = [
        `${segments} segments of ${data.days.length} days found, ${rows.toLocaleString('en-US')} events.`,
        ...data.problems.map(({ objectName, problem, message }) => `${objectName} ${problem}: ${message}`),
        ...(yes || data.days.length === 0 ? [] : ['Nothing was written: --yes does it.']),
      ]
      return { data, text: lines.join('\n'), isBad: data.problems.length > 0 }
    },
  },
  doctor: {
    usage: 'doctor',
    does: 'tries whether the database and the object store do what tiering counts on',
    async run({ tiering, signal }) {
      const data = await tiering.doctor({ signal })
      const rows = data.checks.map(({ name, result, message }) => [name, result, message])
      return { data, text: table(['check', '', ''], rows), isBad: !data.ok }
    },
  },
  'restore estimate': {
    usage: 'restore estimate --from <day> [--to <day>]',
    does: 'what a restore would ask for',
    async run({ tiering, arguments: given }) {
      const data = await tiering.restore.estimate(rangeOf(given))
      const text = `${data.days.length} days, ${data.objects} objects, ${bytes(data.bytes)}; readable within ${data.readyWithinMs / 60_000} minutes${data.cost === undefined ? '' : `; cost ${money(data.cost)}`}.`
      return { data, text }
    },
  },
  'restore request': {
    usage: 'restore request --from <day> [--to <day>] [--hours <1-240>] [--wait]',
    does: 'makes archived days readable for a while',
    async run({ tiering, arguments: given, signal }) {
      const { hours, wait } = given
      const asked = await tiering.restore.request(rangeOf(given), { signal, ...(hours === undefined ? {} : { hours }) })
      return restoreResult(wait ? await tiering.restore.wait(asked.id, { signal }) : asked)
    },
  },
  'restore status': {
    usage: 'restore status <id>',
    does: 'how far a restore is',
    run: async ({ tiering, arguments: { words }, signal }) =>
      restoreResult(await tiering.restore.status(words[2] ?? '', { signal })),
  },
  ...ERASE_COMMANDS,
  ...EXPORT_COMMANDS,
  'keys rotate': {
    usage: 'keys rotate',
    does: 'wraps the keys of encrypted segments by the current key',
    async run({ tiering }) {
      const data = await tiering.rotateKeys()
      return { data, text: `${data.rotated} of ${data.keys} keys wrapped anew.` }
    },
  },
  'hold add': {
    usage: 'hold add --from <day> [--to <day>] --reason <text> [--until <day>]',
    does: 'keeps days from expiring',
    async run({ tiering, arguments: given }) {
      const { reason = '', until } = given
      const data = await tiering.hold.add({ ...rangeOf(given), reason, ...(until === undefined ? {} : { until }) })
      const late = data.tooLate.length > 0 ? `\nToo late for ${data.tooLate.join(', ')}.` : ''
      return { data, text: `Held as ${data.id}.${late}`, isBad: late !== '' }
    },
  },
  'hold list': {
    usage: 'hold list',
    does: 'every hold',
    async run({ tiering }) {
      const data = await tiering.hold.list()
      const rows = data.map(({ id, from, to, reason }) => [id, day(from), day(to - 1), reason])
      return { data, text: rows.length > 0 ? table(['id', 'from', 'to', 'reason'], rows) : 'There are no holds.' }
    },
  },
  'hold release': {
    usage: 'hold release <id>',
    does: 'ends a hold',
    async run({ tiering, arguments: { words } }) {
      const id = words[2] ?? ''
      await tiering.hold.release(id)
      return { data: { id }, text: `${id} is released.` }
    },
  },
}

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

function restoreResult(data: RestoreStatus): CommandResult {
  const { id, state, readable, objects, readyBy, readableUntil } = data
  const when = readableUntil === undefined ? `by ${instant(readyBy)}` : `until ${instant(readableUntil)}`
  return {
    data,
    text: `${id} is ${state}: ${readable} of ${objects} objects can be read, ${when}.`,
    isBad: state === 'expired',
  }
}
