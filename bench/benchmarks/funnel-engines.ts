import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { startChild, stopChild } from '../lib/child.js'
import { literal, withDuckDb } from '../lib/duckdb.js'
import { EVENTS_TABLE, fillStore } from '../lib/hot-rows.js'
import type { Settings } from '../lib/settings.js'
import { type Cell, median, printTable } from '../lib/table.js'
import { withFolder } from '../lib/work-folder.js'
import type { Answered, Opened } from './funnel-engines-child.js'
import { FROM, STEPS, TO, USERS, WINDOW_DAYS } from './funnel-question.js'
import { CSV, STORE } from './funnel-way.js'

const SCRIPT = new URL('./funnel-engines-child.ts', import.meta.url)

const WAYS = ['analytics', 'chdb', 'postgres'] as const

/** A question that a process answers. */
interface Question {
  way: (typeof WAYS)[number]
  name: string
  child: ChildProcess
  /** Rejects when the process ends. */
  ended: Promise<never>
  answers: Answered[]
}

/** The ordered funnel over 30 hot days, beside other engines on the same rows, each in a process of its own and asked in turn. */
export async function funnelEngines({ runs, events = 1_000_000 }: Settings): Promise<void> {
  await withFolder(async (folder) => {
    await fillStore(join(folder, STORE), { rows: events, from: FROM, to: TO, users: USERS })
    const rows = `SELECT user_id, event_type, event_timestamp FROM ${EVENTS_TABLE}`
    await withDuckDb(join(folder, STORE), (connection) =>
      connection.run(`COPY (${rows}) TO ${literal(join(folder, CSV))} (FORMAT csv, HEADER false)`),
    )
    const questions: Question[] = []
    try {
      for (const way of WAYS) questions.push(...(await open(way, folder)))
      // Once to warm up.
      for (let run = 0; run <= runs; run++) for (const question of questions) await ask(question)
    } finally {
      for (const child of new Set(questions.map((one) => one.child))) await stopChild(child)
    }
    checkCounts(questions)
    print(questions, events)
  })
}

async function open(way: Question['way'], folder: string): Promise<Question[]> {
  const filled = await startChild<Opened>(SCRIPT, ['fill', way, folder])
  await stopChild(filled.child)
  const { child, message } = await startChild<Opened>(SCRIPT, ['serve', way, folder])
  if (message.missing !== undefined) {
    console.log(`${message.missing} This way is left out.`)
    await stopChild(child)
  }
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`${way} ended with ${code}`)))
  // In the end it is meant to.
  ended.catch(() => {})
  return message.names.map((name) => ({ way, name, child, ended, answers: [] }))
}

async function ask({ name, child, ended, answers }: Question): Promise<void> {
  child.send(name)
  const [answer] = await Promise.race([once(child, 'message'), ended])
  answers.push(answer as Answered)
}

/** No two events of `fillStore` have the same millisecond, so that there are no ties for engines to break as they like. */
function checkCounts(questions: readonly Question[]): void {
  const [first, ...others] = questions.flatMap(({ name, answers }) =>
    answers.map(({ counts }) => ({ name, counts: counts.join(', ') })),
  )
  for (const { name, counts } of others)
    if (counts !== first!.counts) throw new Error(`${name}: ${counts} differs from ${first!.counts}`)
}

function print(questions: readonly Question[], events: number): void {
  const middle = ({ answers }: Question) => median(answers.slice(1).map(({ ms }) => ms))
  const base = middle(questions[0]!)
  const cells = questions.map((question): Cell[] => {
    // Postgres works in processes of its server.
    const peakMb = Math.max(...question.answers.map((answer) => answer.peakMb))
    return [question.name, middle(question), middle(question) / base, question.way === 'postgres' ? '' : peakMb]
  })
  const people = `${USERS.toLocaleString('en-US')} users`
  const steps = `${STEPS.length} steps in order within ${WINDOW_DAYS} days`
  const title = `funnel-engines: ${steps}, ${events.toLocaleString('en-US')} events, ${people}`
  printTable(title, ['way', 'ms', 'ratio', 'peak RSS MB'], cells)
  console.log(`People of each step, the same by each way: ${questions[0]!.answers[0]!.counts.join(', ')}`)
}
