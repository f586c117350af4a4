import type { ErasedRows, Subject } from '../../store.js'
import { parts, type SqlDialect, type SqlSession, type StatementBuilder, statement } from './dialect.js'
import type { Tables } from './tables.js'

/** Deletes what the tables have of a subject, and the ids themselves; `people` are the numbers that the ids have. */
export async function eraseSubject(
  session: SqlSession,
  { dialect, tables, eventTables }: { dialect: SqlDialect; tables: Tables; eventTables: readonly string[] },
  { userIds, anonymousIds }: Subject,
  people: readonly number[],
): Promise<ErasedRows> {
  const run = (sql: (builder: StatementBuilder) => string) => {
    const builder = statement(dialect)
    return session.execute(builder.build(sql(builder)))
  }
  const erased = { events: 0, sessions: 0, metrics: 0, identities: 0, deadLetters: 0 }
  let unlinked = 0
  const numbers = new Set(people)
  // By the ids, for which the event table has indexes; an event that names another user is that user's.
  const theirs = [
    ...parts(userIds).map((some) => (builder: StatementBuilder) => builder.isAnyText('user_id', some)),
    ...parts(anonymousIds).map(
      (some) => (builder: StatementBuilder) => `user_id IS NULL AND ${builder.isAnyText('anonymous_id', some)}`,
    ),
  ]
  for (const table of eventTables) {
    for (const where of theirs) {
      // Also numbers that the ids had: a process may have stored events under one while an earlier call erased it.
      const builder = statement(dialect)
      const sql = `SELECT DISTINCT person FROM ${table} WHERE ${where(builder)}`
      for (const [person] of await session.query(builder.build(sql))) numbers.add(Number(person))
      erased.events += await run((rows) => `DELETE FROM ${table} WHERE ${where(rows)}`)
    }
  }
  const letters = tables.records['dead-letter'].name
  for (const where of theirs) erased.deadLetters += await run((rows) => `DELETE FROM ${letters} WHERE ${where(rows)}`)
  for (const some of parts([...numbers])) {
    const mine = (builder: StatementBuilder) => builder.isAnyInteger('person', some)
    erased.sessions += await run((builder) => `DELETE FROM ${tables.sessions.name} WHERE ${mine(builder)}`)
    for (const { name } of Object.values(tables.metrics))
      erased.metrics += await run((builder) => `DELETE FROM ${name} WHERE ${mine(builder)}`)
    await run((builder) => `DELETE FROM ${tables.firstSeen.name} WHERE ${mine(builder)}`)
    erased.identities += await run((builder) => forget(tables, `${mine(builder)} AND ${NAMED}`))
    unlinked += await run(
      (builder) =>
        `UPDATE ${tables.identities.name} SET linked_person = NULL, linked_at = NULL ` +
        `WHERE ${builder.isAnyInteger('linked_person', some)}`,
    )
  }
  if (erased.identities + unlinked > 0) await countErasure(session, dialect, tables)
  return erased
}

/** The record whose version grows when ids are forgotten: what processes remember of numbers and links is then no longer true. */
export const ERASURES = 'erasures'

async function countErasure(session: SqlSession, dialect: SqlDialect, { records }: Tables): Promise<void> {
  const sql = `UPDATE ${records.meta.name} SET version = version + 1 WHERE record_key = '${ERASURES}'`
  const grow = () => session.execute(statement(dialect).build(sql))
  if ((await grow()) > 0) return
  const [isFirst] = await session.insert(records.meta, [[ERASURES, 1, '{}']])
  if (!isFirst) await grow()
}

const NAMED = '(user_id IS NOT NULL OR anonymous_id IS NOT NULL)'

/** The row stays, so that the number is never given again; what it was given to is gone. */
const forget = ({ identities }: Tables, where: string): string =>
  `UPDATE ${identities.name} SET user_id = NULL, anonymous_id = NULL, linked_person = NULL, linked_at = NULL WHERE ${where}`

/** Deletes the dead letters from before an instant. */
export async function expireDeadLetters(
  session: SqlSession,
  dialect: SqlDialect,
  { records }: Tables,
  before: number,
): Promise<number> {
  const builder = statement(dialect)
  const old = `created_at < ${builder.time(before)}`
  return session.execute(builder.build(`DELETE FROM ${records['dead-letter'].name} WHERE ${old}`))
}

/** Forgets ids that were first seen before an instant and of which no table has a row any more. */
export async function expireIdentities(
  session: SqlSession,
  dialect: SqlDialect,
  tables: Tables,
  eventTables: readonly string[],
  before: number,
): Promise<number> {
  const builder = statement(dialect)
  const { identities, sessions, metrics } = tables
  const none = (table: string, condition: string) => `NOT EXISTS (SELECT 1 FROM ${table} x WHERE ${condition})`
  const own = `${identities.name}.person`
  const conditions = [
    // Ids of the first version of the tables have no instant: they are older than the second.
    `(created_at IS NULL OR created_at < ${builder.time(before)})`,
    NAMED,
    // By the ids, for which the event table has indexes.
    ...eventTables.flatMap((table) => [
      none(table, `x.user_id = ${identities.name}.user_id`),
      none(table, `x.anonymous_id = ${identities.name}.anonymous_id`),
    ]),
    ...[sessions, ...Object.values(metrics)].map(({ name }) => none(name, `x.person = ${own}`)),
    // A user stays as long as one of the user's visitors does: their events are told apart by it.
    none(identities.name, `x.linked_person = ${own}`),
  ]
  const rows = await session.execute(builder.build(forget(tables, conditions.join(' AND '))))
  if (rows === 0) return 0
  const forgotten = `SELECT person FROM ${identities.name} WHERE NOT ${NAMED}`
  const sql = `DELETE FROM ${tables.firstSeen.name} WHERE person IN (${forgotten})`
  await session.execute(statement(dialect).build(sql))
  await countErasure(session, dialect, tables)
  return rows
}
