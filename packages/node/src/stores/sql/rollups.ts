import { BUILT_IN_EVENTS, type Day, dayOf } from '@analytics/protocol'
import { compareText } from '@analytics/protocol/filter'
import { ulid } from 'ulid'
import { FEATURE_CATEGORY, type PersonMetrics } from '../../rollups/recount.js'
import { bucketEnd, GRAINS, type Grain, type RollupBucket, type UserMetrics } from '../../rollups/rollup.js'
import { SERVER_SESSION } from '../../sessions/session.js'
import type { RollupStore } from '../../store.js'
import { parts, type SqlDatabase, type SqlSession, type SqlStatement, type SqlValue, statement } from './dialect.js'
import type { SqlSource } from './events.js'
import { selectAll } from './sessions.js'
import { BUCKET_COLUMN, type Table, type Tables } from './tables.js'

/** Options of {@link sqlRollups}. */
export interface SqlRollupOptions {
  database: SqlDatabase
  tables: Tables
  /** Where the hot rows of some days lie, as this session sees them. */
  source(session: SqlSession, first: Day, last: Day): Promise<SqlSource>
  now(): Promise<number>
  /** Brings tables up to date that the store writes behind. */
  settle?(): Promise<void>
}

/** Metrics of a database, computed in it. */
export function sqlRollups({ database, tables, source, now, settle = async () => {} }: SqlRollupOptions): RollupStore {
  const { dialect } = database
  const marks = tables.marks

  /** Deletes a bucket and writes it again. */
  const rewrite = async (session: SqlSession, { grain, start }: RollupBucket) => {
    const builder = statement(dialect)
    const bucket = bucketValue(grain, start, builder)
    await session.execute(
      builder.build(`DELETE FROM ${tables.metrics[grain].name} WHERE ${BUCKET_COLUMN[grain]} = ${bucket}`),
    )
  }

  return {
    async marks(limit) {
      await settle()
      const builder = statement(dialect)
      const rows = await database.read((session) =>
        session.query(
          builder.build(
            `SELECT ${selectAll(dialect, marks)} FROM ${marks.name} ORDER BY ${dialect.codePoints('mark_id')} ${dialect.limit(limit)}`,
          ),
        ),
      )
      const numbers = (column: number) => [
        ...new Set(rows.flatMap((row) => (row[column] === null ? [] : Number(row[column])))),
      ]
      return { hours: numbers(1), people: numbers(2), ids: rows.map(([id]) => String(id)) }
    },

    async clearMarks({ ids }) {
      await database.write(async (session) => {
        for (const some of parts(ids)) {
          const builder = statement(dialect)
          const listed = builder.isAnyText('mark_id', some)
          await session.execute(builder.build(`DELETE FROM ${marks.name} WHERE ${listed}`))
        }
      })
    },

    async compute(bucket) {
      const at = await now()
      return database.write(async (session) => {
        const look = () => source(session, dayOf(bucket.start), dayOf(bucketEnd(bucket) - 1))
        for (let rows = await look(); ; ) {
          await rewrite(session, bucket)
          const people = await session.execute(computeStatement(database, tables, bucket, rows, at))
          // A day that was set aside meanwhile may have been counted in neither place.
          const after = await look()
          if (after.from === rows.from) return { people }
          rows = after
        }
      })
    },

    async replace(bucket, rows) {
      const at = await now()
      await database.write(async (session) => {
        await rewrite(session, bucket)
        for (const some of parts(rows)) {
          const ids = await idsOf(
            session,
            database,
            tables.identities,
            some.map(({ person }) => person),
          )
          await session.insert(
            tables.metrics[bucket.grain],
            some.map((row) => metricsRow(bucket, row, ids.get(row.person), at)),
          )
        }
      })
    },

    async *read({ grain, from, to, people }) {
      const table = tables.metrics[grain]
      const name = BUCKET_COLUMN[grain]
      for (const bucket of await bucketsBetween(database, table, grain, { from, to, people })) {
        const builder = statement(dialect)
        const conditions = [`${name} = ${bucketValue(grain, bucket, builder)}`]
        if (people) conditions.push(builder.isAnyInteger('person', people))
        const sql = `SELECT ${selectAll(dialect, table)} FROM ${table.name} WHERE ${conditions.join(' AND ')} ORDER BY person`
        const rows = await database.read((session) => session.query(builder.build(sql)))
        yield rows.map((row) => metricsOf(row))
      }
    },

    async bucketsOf(people) {
      const found: RollupBucket[] = []
      for (const grain of GRAINS) {
        const starts = new Set<number>()
        for (const some of parts(people)) {
          const range = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY, people: some }
          for (const start of await bucketsBetween(database, tables.metrics[grain], grain, range)) starts.add(start)
        }
        found.push(...[...starts].sort((a, b) => a - b).map((start) => ({ grain, start })))
      }
      return found
    },

    async expire(grain, before) {
      const builder = statement(dialect)
      const length = bucketEnd({ grain, start: 0 })
      const last = bucketValue(grain, before - length, builder)
      const sql = `DELETE FROM ${tables.metrics[grain].name} WHERE ${BUCKET_COLUMN[grain]} <= ${last}`
      return { rows: await database.write((session) => session.execute(builder.build(sql))) }
    },
  }
}

/** Marks that events of these hours were stored, or that these numbers got an owner: visible together with the rest of the transaction. */
export async function addMarks(
  session: SqlSession,
  table: Table,
  { hours = [], people = [] }: { hours?: Iterable<number>; people?: Iterable<number> },
): Promise<void> {
  const rows = [
    ...Array.from(hours, (hour): SqlValue[] => [ulid(), hour, null]),
    ...Array.from(people, (person): SqlValue[] => [ulid(), null, person]),
  ]
  if (rows.length > 0) await session.insert(table, rows)
}

function bucketValue(grain: Grain, start: number, builder: ReturnType<typeof statement>): string {
  return grain === 'hour' ? builder.time(start) : builder.day(dayOf(start))
}

/** The buckets that have rows, ascending. */
async function bucketsBetween(
  database: SqlDatabase,
  table: Table,
  grain: Grain,
  { from, to, people }: { from: number; to: number; people?: readonly number[] | undefined },
): Promise<number[]> {
  const builder = statement(database.dialect)
  const name = BUCKET_COLUMN[grain]
  const { type } = table.columns[0]!
  const conditions = ['1 = 1']
  // A day begins at midnight: one that begins at or after an instant is the day of the instant before, and one.
  if (Number.isFinite(from))
    conditions.push(
      `${name} ${grain === 'hour' ? '>=' : '>'} ${bucketValue(grain, grain === 'hour' ? from : from - 1, builder)}`,
    )
  if (Number.isFinite(to))
    conditions.push(
      `${name} ${grain === 'hour' ? '<' : '<='} ${bucketValue(grain, grain === 'hour' ? to : to - 1, builder)}`,
    )
  if (people) conditions.push(builder.isAnyInteger('person', people))
  const sql = `SELECT ${database.dialect.select(name, type)} FROM (SELECT DISTINCT ${name} FROM ${table.name} WHERE ${conditions.join(' AND ')}) found ORDER BY ${name}`
  const rows = await database.read((session) => session.query(builder.build(sql)))
  return rows.map(([start]) => startOf(start ?? null))
}

/** A bucket's start, from the text of a day or the milliseconds of an hour. */
const startOf = (value: SqlValue): number =>
  typeof value === 'string' && value.includes('-') ? Date.parse(`${value.slice(0, 10)}T00:00:00.000Z`) : Number(value)

/**
 * The one statement that counts a bucket. People are resolved: a visitor's events count for the user that the visitor
 * turned out to be. A duration is from a session's first to its last event within the bucket.
 */
function computeStatement(
  { dialect }: SqlDatabase,
  { metrics, identities }: Tables,
  bucket: RollupBucket,
  rows: SqlSource,
  now: number,
): SqlStatement {
  const builder = statement(dialect)
  const table = metrics[bucket.grain]
  const start = bucketValue(bucket.grain, bucket.start, builder)
  const days = `event_day BETWEEN ${builder.day(rows.first)} AND ${builder.day(rows.last)}`
  const from = builder.time(bucket.start)
  const to = builder.time(bucketEnd(bucket))
  const pageView = `event_type = ${builder.text(BUILT_IN_EVENTS.pageView)}`
  const pageViewAgain = `event_type = ${builder.text(BUILT_IN_EVENTS.pageView)}`
  const pageLoad = `event_type = ${builder.text(BUILT_IN_EVENTS.pageLoad)}`
  const error = `event_type = ${builder.text(BUILT_IN_EVENTS.error)}`
  const notServer = `session_id <> ${builder.text(SERVER_SESSION)}`
  const feature = `event_category = ${builder.text(FEATURE_CATEGORY)}`
  const at = builder.time(now)
  const counted =
    `SELECT COALESCE(i.linked_person, e.person) AS who, session_id, event_type, event_category, event_action, ` +
    `event_label, event_value, page_url, event_timestamp FROM (SELECT * FROM ${rows.from} WHERE ${days} AND ` +
    `event_timestamp >= ${from} AND event_timestamp < ${to}) e LEFT JOIN ${identities.name} i ON i.person = e.person`
  const totals =
    `SELECT who, COUNT(*) AS events, COUNT(CASE WHEN ${pageView} THEN 1 END) AS views, ` +
    `COUNT(DISTINCT CASE WHEN ${pageViewAgain} THEN page_url END) AS pages, ` +
    `AVG(CASE WHEN ${pageLoad} THEN event_value END) AS load_time, COUNT(CASE WHEN ${error} THEN 1 END) AS errors ` +
    'FROM counted GROUP BY who'
  const visits =
    'SELECT who, COUNT(*) AS sessions, SUM(last_ms - first_ms) AS duration FROM (SELECT who, session_id, ' +
    `${dialect.msOf('MIN(event_timestamp)')} AS first_ms, ${dialect.msOf('MAX(event_timestamp)')} AS last_ms ` +
    `FROM counted WHERE ${notServer} GROUP BY who, session_id) visit GROUP BY who`
  const actions =
    `SELECT who, ${dialect.jsonObject('event_action', 'times')} AS found FROM (SELECT who, event_action, COUNT(*) AS times ` +
    'FROM counted WHERE event_action IS NOT NULL GROUP BY who, event_action) action GROUP BY who'
  const features =
    `SELECT who, ${dialect.jsonArray('event_label')} AS found FROM (SELECT DISTINCT who, event_label FROM counted ` +
    `WHERE ${feature} AND event_label IS NOT NULL) feature GROUP BY who`
  const columns = table.columns.map(({ name }) => name).join(', ')
  return builder.build(
    `INSERT INTO ${table.name} (${columns}) WITH counted AS (${counted}), totals AS (${totals}), visits AS (${visits}), ` +
      `actions AS (${actions}), features AS (${features}) ` +
      `SELECT ${start}, totals.who, p.user_id, p.anonymous_id, events, COALESCE(sessions, 0), COALESCE(duration, 0) / 1000, ` +
      `views, pages, actions.found, features.found, load_time, errors, ${at} FROM totals ` +
      'LEFT JOIN visits ON visits.who = totals.who LEFT JOIN actions ON actions.who = totals.who ' +
      `LEFT JOIN features ON features.who = totals.who LEFT JOIN ${identities.name} p ON p.person = totals.who`,
  )
}

interface Ids {
  userId: SqlValue
  anonymousId: SqlValue
}

async function idsOf(
  session: SqlSession,
  { dialect }: SqlDatabase,
  identities: Table,
  people: readonly number[],
): Promise<Map<number, Ids>> {
  const builder = statement(dialect)
  const listed = builder.isAnyInteger('person', people)
  const rows = await session.query(
    builder.build(`SELECT person, user_id, anonymous_id FROM ${identities.name} WHERE ${listed}`),
  )
  return new Map(
    rows.map(([person, userId, anonymousId]) => [
      Number(person),
      { userId: userId ?? null, anonymousId: anonymousId ?? null },
    ]),
  )
}

function metricsRow({ grain, start }: RollupBucket, row: PersonMetrics, ids: Ids | undefined, now: number): SqlValue[] {
  return [
    grain === 'hour' ? start : dayOf(start),
    row.person,
    ids?.userId ?? null,
    ids?.anonymousId ?? null,
    row.totalEvents,
    row.totalSessions,
    row.totalDurationSeconds,
    row.pageViews,
    row.uniquePages,
    JSON.stringify(row.actionsPerformed),
    JSON.stringify(row.featuresUsed),
    row.avgPageLoadTime,
    row.errorCount,
    now,
  ]
}

function metricsOf(row: readonly SqlValue[]): UserMetrics {
  const text = (i: number) => (row[i] === null || row[i] === undefined ? null : String(row[i]))
  return {
    bucket: startOf(row[0] ?? null),
    person: Number(row[1]),
    userId: text(2),
    anonymousId: text(3),
    totalEvents: Number(row[4]),
    totalSessions: Number(row[5]),
    totalDurationSeconds: Number(row[6]),
    pageViews: Number(row[7]),
    uniquePages: Number(row[8]),
    actionsPerformed: JSON.parse(text(9) ?? '{}') as Record<string, number>,
    // Sorted here: not every session of every database orders text by code point.
    featuresUsed: (JSON.parse(text(10) ?? '[]') as string[]).sort(compareText),
    avgPageLoadTime: row[11] === null || row[11] === undefined ? null : Number(row[11]),
    errorCount: Number(row[12]),
  }
}
