import { parseArgs } from 'node:util'
import { AnalyticsError, DAY_MS } from '@analytics/protocol'

/** What the command was given. */
export interface Arguments {
  /** The words behind the command's name. */
  words: readonly string[]
  /** A file to load. */
  config: string | undefined
  /** The mount point of a running server. */
  url: string | undefined
  /** A file with the key of that server. */
  keyFile: string | undefined
  json: boolean
  help: boolean
  yes: boolean
  deep: boolean
  wait: boolean
  force: boolean
  olderThan: string | undefined
  hours: number | undefined
  reason: string | undefined
  /** Ids of the person. */
  users: readonly string[]
  visitors: readonly string[]
  within: string | undefined
  out: string | undefined
  /** UTC milliseconds. */
  range: { from: number; to: number } | undefined
  until: number | undefined
}

/** @throws Error with a text for whoever typed the command. */
export function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      url: { type: 'string' },
      'key-file': { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
      deep: { type: 'boolean', default: false },
      wait: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      'older-than': { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      until: { type: 'string' },
      hours: { type: 'string' },
      reason: { type: 'string' },
      user: { type: 'string', multiple: true, default: [] },
      visitor: { type: 'string', multiple: true, default: [] },
      within: { type: 'string' },
      out: { type: 'string' },
    },
  })
  const { config, url, json, help, yes, deep, wait, force, from, to, until, hours, reason } = values
  return {
    words: positionals,
    config,
    url,
    keyFile: values['key-file'],
    json,
    help,
    yes,
    deep,
    wait,
    force,
    olderThan: values['older-than'],
    hours: hours === undefined ? undefined : Number(hours),
    reason,
    users: values.user,
    visitors: values.visitor,
    within: values.within,
    out: values.out,
    range: from === undefined && to === undefined ? undefined : readRange(from, to),
    until: until === undefined ? undefined : readDay('--until', until),
  }
}

/** `--from` is the first day, `--to` the last one. */
function readRange(from: string | undefined, to: string | undefined): { from: number; to: number } {
  const first = readDay('--from', from)
  const last = to === undefined ? first : readDay('--to', to)
  if (last < first) throw new AnalyticsError('invalid_options', '--to is before --from.', { field: 'to' })
  return { from: first, to: last + DAY_MS }
}

function readDay(option: string, text: string | undefined): number {
  const day = /^\d{4}-\d\d-\d\d$/.test(text ?? '') ? Date.parse(text!) : Number.NaN
  if (!Number.isNaN(day)) return day
  throw new AnalyticsError('invalid_options', `${option} is no day such as 2026-08-01.`, { field: option.slice(2) })
}
