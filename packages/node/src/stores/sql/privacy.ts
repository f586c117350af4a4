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
  const erased = { events: 0, sessions: 0, metrics: 0, identities: 0 }
  // By the ids, for which the event table has indexes; an event that names another user is that user's.
  for (const table of eventTables) {
    for (const some of parts(userIds))
      erased.events += await run((builder) => `DELETE FROM ${table} WHERE ${builder.isAnyText('user_id', some)}`)
    for (const some of parts(anonymousIds)) {
      erased.events += await run(
        (builder) => `DELETE FROM ${table} WHERE user_id IS NULL AND ${builder.isAnyText('anonymous_id', some)}`,
      )
    }
  }
  for (const some of parts(people)) {
    const mine = (builder: StatementBuilder) => builder.isAnyInteger('person', some)
    erased.sessions += await run((builder) => `DELETE FROM ${tables.sessions.name} WHERE ${mine(builder)}`)
    for (const { name } of Object.values(tables.metrics))
      erased.metrics += await run((builder) => `DELETE FROM ${name} WHERE ${mine(builder)}`)
    erased.identities += await run((builder) => forget(tables, `${mine(builder)} AND ${NAMED}`))
  }
  return erased
}

const NAMED = '(user_id IS NOT NULL OR anonymous_id IS NOT NULL)'

/** The row stays, so that the number is never given again; what it was given to is gone. */
const forget = ({ identities }: Tables, where: string): string =>
  `UPDATE ${identities.name} SET user_id = NULL, anonymous_id = NULL, linked_person = NULL, linked_at = NULL WHERE ${where}`

/** Forgets ids that were first seen before an instant and of which no table has a row any more. */
export function expireIdentities(
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
    `created_at < ${builder.time(before)}`,
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
  return session.execute(builder.build(forget(tables, conditions.join(' AND '))))
}
