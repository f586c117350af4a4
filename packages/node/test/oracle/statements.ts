import type { HotStore } from '@analytics/node'
import { type OracleVersion, oracleStore } from '@analytics/node/oracle'
import { SAMPLE_FILTERS, sampleEvent } from '@analytics/node/testing'
import type { Filter } from '@analytics/protocol'
import { type RecordedAnswer, type RecordedStatement, recordingPool } from './recorder.js'

const DAY = '2026-01-15'
const NOON = Date.UTC(2026, 0, 15, 12)
const SEALED = 'pf_sealed_20260115_0123456789'

/** What a database says whose tables were just made; some cases below say otherwise. */
function ordinary(sql: string): RecordedAnswer {
  const numbers = /CONNECT BY LEVEL <= (\d+)/.exec(sql)
  if (numbers) return { rows: Array.from({ length: Number(numbers[1]) }, (_, i) => [i]) }
  if (sql.startsWith('WITH days')) return { rows: [[DAY]] }
  if (/^SELECT user_id, person/.test(sql)) return { rows: [] }
  if (/SYSTIMESTAMP/.test(sql)) return { rows: [[NOON]] }
  if (/COUNT\(\*\) FROM pf_sealed/.test(sql)) return { rows: [[3]] }
  if (/^SELECT COUNT\(\*\)/.test(sql)) return { rows: [[0]] }
  if (/nls_session_parameters/.test(sql)) return { rows: [['BINARY']] }
  return {}
}

const sealRow = (isPending: boolean) => ({
  rows: [[JSON.stringify({ day: DAY, id: SEALED, table: SEALED, rows: 3, ...(isPending ? { isPending } : {}) })]],
})
const readsSeals = (sql: string) => /SELECT body FROM pf_analytics_meta WHERE record_key >=/.test(sql)

/** Filters that between them use every operator on every kind of property. */
const FILTERS: readonly Filter[] = [
  ...SAMPLE_FILTERS,
  { property: 'properties.plan', op: 'contains', value: 'p' },
  { property: 'properties.deep.list.amount', op: 'in', value: [1, 'one', true] },
  { property: `properties.it's "quoted".ünïcode`, op: 'exists' },
  { property: 'sessionId', op: 'in', value: Array.from({ length: 1500 }, (_, i) => `s${i}`) },
]

/** Runs every method of a store over a database that answers as each branch needs it, and returns what it was asked. */
export async function oracleStatements(version: OracleVersion): Promise<RecordedStatement[]> {
  let answer: (sql: string, binds: readonly unknown[]) => RecordedAnswer = ordinary
  const recording = recordingPool((sql, binds) => answer(sql, binds))
  const store = oracleStore({ pool: recording.pool, version })
  const during = async (answers: (sql: string) => RecordedAnswer | undefined, work: () => Promise<unknown>) => {
    answer = (sql) => answers(sql) ?? ordinary(sql)
    await work()
    answer = ordinary
  }

  await during(
    (sql) =>
      sql.includes('record_key = :b1') && sql.startsWith('SELECT body') ? { error: { errorNum: 942 } } : undefined,
    () => store.setup('auto'),
  )
  await writes(store, during)
  await reads(store, during)
  await tiers(store, during)
  return recording.statements
}

type During = (answers: (sql: string) => RecordedAnswer | undefined, work: () => Promise<unknown>) => Promise<void>

async function writes(store: HotStore, during: During): Promise<void> {
  const numbered = (sql: string): RecordedAnswer | undefined => {
    if (/^SELECT user_id, person/.test(sql)) return { rows: [['anna', 1]] }
    if (/^SELECT anonymous_id, person/.test(sql)) return { rows: [['visitor', 2]] }
    return undefined
  }
  const event = sampleEvent({
    userId: 'anna',
    anonymousId: 'visitor',
    pageUrl: 'https://shop.example/',
    eventTimestamp: NOON,
  })
  const taken = { errorNum: 1, offset: 0, message: 'ORA-00001' }
  // The ids are new first, and known then.
  let asked = 0
  await during(
    (sql) => (/^SELECT (user|anonymous)_id, person/.test(sql) && asked++ < 2 ? { rows: [] } : numbered(sql)),
    () => store.insertEvents([event]),
  )
  // Its session is there already, the day is set aside, and what it did was thought to be later.
  await during(
    (sql) => {
      if (readsSeals(sql)) return sealRow(false)
      if (/INSERT INTO pf_user_sessions/.test(sql)) return { batchErrors: [taken] }
      if (/FROM pf_analytics_first_seen/.test(sql)) return { rows: [[1, 'page_view', NOON + 1]] }
      if (/FOR UPDATE/.test(sql)) return { rows: [sessionRow()] }
      return numbered(sql)
    },
    () => store.insertEvents([{ ...event, properties: { $flags: ['time:receipt'] } }]),
  )
  await during(numbered, () => store.linkIdentities([{ anonymousId: 'visitor', userId: 'anna' }]))
  await store.records.put('tier', DAY, { tierName: 'cold', recordsCount: 1, createdAt: NOON }, 0)
  await store.records.put('tier', DAY, { tierName: 'cold', recordsCount: 1, createdAt: NOON }, 1)
  await store.records.delete('tier', DAY, 2)
  const letter = { at: NOON, reason: 'schema_violation', userId: 'anna', anonymousId: 'visitor', event: {} }
  await store.records.put('dead-letter', '01ARZ3NDEKTSV4RRFFQ69G5FAV', letter, 0)
  await store.records.put('definition', 'metric/sales/00000001', { kind: 'metric', name: 'sales', at: NOON }, 0)
  await store.expireDeadLetters(NOON)
  await store.acquireLease('work', { owner: 'a', ttlMs: 1000 })
  await during(
    (sql) => (/CONNECT|SELECT (user|anon)/.test(sql) ? numbered(sql) : readsSeals(sql) ? sealRow(false) : undefined),
    () => store.eraseSubject({ userIds: ['anna'], anonymousIds: ['visitor'] }),
  )
  await during(
    (sql) =>
      readsSeals(sql) ? sealRow(false) : /^UPDATE pf_analytics_identities/.test(sql) ? { rows: [[1]] } : undefined,
    () => store.expireIdentities(NOON),
  )
  await store.rollups.clearMarks({ hours: [], people: [], ids: ['01ARZ3NDEKTSV4RRFFQ69G5FAV'] })
  for (const grain of ['hour', 'day', 'week'] as const) {
    const start = grain === 'hour' ? NOON : grain === 'day' ? Date.UTC(2026, 0, 15) : Date.UTC(2026, 0, 12)
    await store.rollups.compute({ grain, start })
    await store.rollups.replace({ grain, start }, [metrics(start)])
    await store.rollups.expire(grain, NOON)
  }
  await during(
    (sql) => (readsSeals(sql) ? sealRow(false) : undefined),
    () => store.rollups.compute({ grain: 'day', start: Date.UTC(2026, 0, 15) }),
  )
  await store.sessions.expire(NOON)
}

async function reads(store: HotStore, during: During): Promise<void> {
  const range = { from: Date.UTC(2026, 0, 15), to: Date.UTC(2026, 0, 16) }
  const sealed = (sql: string) => (readsSeals(sql) ? sealRow(false) : undefined)
  for (const where of FILTERS) await drain(store.scan({ ...range, matches: [{}], where }))
  const columns = ['eventId', 'eventValue', 'eventTimestamp', 'properties.plan', 'properties.deep.plan', 'nothing']
  const matches = [{ eventTypes: ['a', 'b'] }, { where: FILTERS[0]! }]
  await drain(store.scan({ ...range, matches, columns }))
  await during(sealed, () => drain(store.scan({ ...range, matches, columns })))
  await during(sealed, () => drain(store.readEvents(range)))
  await drain(store.readEvents({ ...range, order: 'desc', limit: 10, after: { time: NOON, eventId: 'x' } }))
  await store.daysWithRows()
  await store.listDays(range)
  await store.ownerOf('visitor')
  await store.anonymousIdsOf('anna')
  await store.identitiesOf([1, 2])
  await store.people()
  await store.dictionaryId()
  await store.records.list('tier', { prefix: '2026', after: DAY, limit: 5 })
  await store.rollups.marks(10)
  await during(
    (sql) => (/SELECT DISTINCT metric_/.test(sql) ? { rows: [[/metric_hour/.test(sql) ? NOON : DAY]] } : undefined),
    async () => {
      for (const grain of ['hour', 'day', 'week'] as const) {
        await drain(store.rollups.read({ grain, ...range }))
        await drain(store.rollups.read({ grain, ...range, people: [1, 2] }))
      }
    },
  )
  await store.rollups.bucketsOf([1])
  await drain(store.firstSeen.read())
  await drain(store.firstSeen.read({ eventTypes: ['a', 'b'] }))
  await during(
    (sql) =>
      /FROM pf_user_sessions/.test(sql) && !/session_id >/.test(sql)
        ? { rows: Array(2000).fill(sessionRow()) }
        : undefined,
    () => drain(store.sessions.read({ ...range, people: [1] })),
  )
}

async function tiers(store: HotStore, during: During): Promise<void> {
  await store.sealDay(DAY)
  await during(
    (sql) => (readsSeals(sql) ? sealRow(true) : undefined),
    () => store.sealDay(DAY),
  )
  const seal = { day: DAY, id: SEALED, rows: 3 }
  const standing = (sql: string) => (readsSeals(sql) ? sealRow(false) : undefined)
  await during(standing, () => drain(store.readSealed(seal)))
  await during(standing, () => store.dropSealed(seal))
  // Late rows are there: the partition stays.
  await during(
    (sql) => (/COUNT\(\*\) FROM pf_user_events/.test(sql) ? { rows: [[1]] } : standing(sql)),
    () => store.dropSealed(seal),
  )
  await store.audit({ action: 'move', target: DAY })
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

const sessionRow = () => [
  'session',
  1,
  'anna',
  null,
  NOON,
  NOON,
  0,
  1,
  1,
  null,
  null,
  null,
  null,
  '{}',
  '{}',
  '{}',
  0,
  NOON,
]

const metrics = (bucket: number) => ({
  bucket,
  person: 1,
  totalEvents: 1,
  totalSessions: 1,
  totalDurationSeconds: 0,
  pageViews: 1,
  uniquePages: 1,
  actionsPerformed: { buy: 1 },
  featuresUsed: ['export'],
  avgPageLoadTime: 12.5,
  errorCount: 0,
})

/** Names of sealed tables and times of sessions change with each run; the golden file must not. */
function settled({ sql, binds }: RecordedStatement): string {
  const text = sql.replace(/pf_sealed_(\d{8})_[0-9a-z]{10}/g, 'pf_sealed_$1_0123456789')
  return `${binds === '' ? '' : `-- binds: ${counted(binds)}\n`}${text}\n/\n`
}

/** `A, A, B` as `A × 2, B`. */
function counted(binds: string): string {
  const groups: { name: string; times: number }[] = []
  for (const name of binds.split(', ')) {
    const last = groups.at(-1)
    if (last?.name === name) last.times++
    else groups.push({ name, times: 1 })
  }
  return groups.map(({ name, times }) => (times === 1 ? name : `${name} × ${times}`)).join(', ')
}

/** Every statement that the store can issue for a release, each ended by a line with only a slash. */
export async function oracleStatementsText(version: OracleVersion): Promise<string> {
  const statements = (await oracleStatements(version)).map(settled)
  return `-- Oracle ${version}\n${[...new Set(statements)].join('\n')}`
}
