import type { JsonObject } from '@analytics/protocol'
import { mergeSessions, type StoredSession, sessionKey } from '../../sessions/session.js'
import type { SessionStore } from '../../store.js'
import { parts, type SqlDatabase, type SqlDialect, type SqlSession, type SqlValue, statement } from './dialect.js'
import type { Table, Tables } from './tables.js'

/** Sessions that one page of a read holds. */
const PAGE_ROWS = 2000

/** A session as a row of its table. */
export function sessionRow(session: StoredSession, createdAt: number): SqlValue[] {
  return [
    session.sessionId,
    session.person,
    session.userId,
    session.anonymousId,
    session.startedAt,
    session.endedAt,
    (session.endedAt - session.startedAt) / 1000,
    session.pageCount,
    session.eventCount,
    session.entryPage,
    session.entryAt,
    session.exitPage,
    session.exitAt,
    JSON.stringify(session.device),
    JSON.stringify(session.geo),
    JSON.stringify(session.conversions),
    session.value,
    createdAt,
  ]
}

/** A row as the session it is, and when it was made. */
export function sessionOfRow(row: readonly SqlValue[]): { session: StoredSession; createdAt: number } {
  const text = (i: number) => (row[i] === null || row[i] === undefined ? null : String(row[i]))
  const number = (i: number) => (row[i] === null || row[i] === undefined ? null : Number(row[i]))
  const json = <Value>(i: number) => JSON.parse(text(i) ?? '{}') as Value
  const session = {
    sessionId: String(row[0]),
    person: Number(row[1]),
    userId: text(2),
    anonymousId: text(3),
    startedAt: Number(row[4]),
    endedAt: Number(row[5]),
    pageCount: Number(row[7]),
    eventCount: Number(row[8]),
    entryPage: text(9),
    entryAt: number(10),
    exitPage: text(11),
    exitAt: number(12),
    device: json<JsonObject>(13),
    geo: json<JsonObject>(14),
    conversions: json<Record<string, number>>(15),
    value: Number(row[16]),
  }
  return { session, createdAt: Number(row[17]) }
}

/** All columns of a table, as statements select them. */
export function selectAll(dialect: SqlDialect, { columns }: Table): string {
  return columns.map(({ name, type }) => dialect.select(name, type)).join(', ')
}

/**
 * Adds parts of sessions to what the table has of them, in the transaction of the events that they come from. New rows are
 * inserted first, so that every other row can be locked before it is merged: no part is lost to another process.
 */
export async function addSessions(
  session: SqlSession,
  dialect: SqlDialect,
  table: Table,
  added: readonly StoredSession[],
  now: number,
): Promise<void> {
  if (added.length === 0) return
  const inserted = await session.insert(
    table,
    added.map((part) => sessionRow(part, now)),
  )
  const known = new Map(added.filter((_, i) => !inserted[i]).map((part) => [sessionKey(part), part]))
  const ids = [...new Set([...known.values()].map(({ sessionId }) => sessionId))]
  for (const some of parts(ids)) {
    const builder = statement(dialect)
    const rows = await session.query(
      builder.build(
        `SELECT ${selectAll(dialect, table)} FROM ${table.name} WHERE ${builder.isAnyText('session_id', some)} ` +
          `ORDER BY ${dialect.codePoints('session_id')}, person ${dialect.forUpdate}`,
      ),
    )
    const merged = rows.map(sessionOfRow).flatMap(({ session: there, createdAt }) => {
      const part = known.get(sessionKey(there))
      return part ? [sessionRow(mergeSessions(there, part), createdAt)] : []
    })
    await session.update(table, merged)
  }
}

/** What a store does that writes its sessions behind their events. */
export interface SessionsBehind {
  /** Brings the table up to date. */
  settle(): Promise<void>
  /** Brings the table up to date, then runs the work while nothing is written to it. */
  alone<Result>(work: () => Promise<Result>): Promise<Result>
}

const NOTHING_BEHIND: SessionsBehind = { settle: async () => {}, alone: (work) => work() }

/** Reads and expires sessions. */
export function sqlSessions(
  database: SqlDatabase,
  { sessions: table }: Tables,
  { settle, alone }: SessionsBehind = NOTHING_BEHIND,
): SessionStore {
  const { dialect } = database
  return {
    async *read({ from, to, people, signal }) {
      await settle()
      let after: StoredSession | undefined
      for (;;) {
        signal?.throwIfAborted()
        const rows: SqlValue[][] = await database.read((session) => {
          const builder = statement(dialect)
          const conditions = [
            `session_start >= ${builder.time(after ? Math.max(from, after.startedAt) : from)}`,
            `session_start < ${builder.time(to)}`,
          ]
          if (people) conditions.push(builder.isAnyInteger('person', people))
          if (after) {
            const later = `session_start > ${builder.time(after.startedAt)}`
            const beside = `session_id > ${builder.text(after.sessionId)}`
            const same = `session_id = ${builder.text(after.sessionId)} AND person > ${builder.integer(after.person)}`
            conditions.push(`(${later} OR ${beside} OR (${same}))`)
          }
          return session.query(
            builder.build(
              `SELECT ${selectAll(dialect, table)} FROM ${table.name} WHERE ${conditions.join(' AND ')} ` +
                `ORDER BY session_start, ${dialect.codePoints('session_id')}, person ${dialect.limit(PAGE_ROWS)}`,
            ),
          )
        })
        if (rows.length === 0) return
        const page = rows.map((row) => sessionOfRow(row).session)
        yield page
        if (page.length < PAGE_ROWS) return
        after = page.at(-1)
      }
    },

    async expire(before) {
      const builder = statement(dialect)
      const sql = `DELETE FROM ${table.name} WHERE session_end < ${builder.time(before)}`
      const rows = await alone(() => database.write((session) => session.execute(builder.build(sql))))
      return { rows }
    },
  }
}
