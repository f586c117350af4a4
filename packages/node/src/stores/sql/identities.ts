import type { PersonIds } from '../../store.js'
import { parts, type SqlDatabase, type SqlSession, statement } from './dialect.js'
import type { Tables } from './tables.js'

/** The ids of people, in the order of their numbers. */
export async function identitiesOf(
  database: SqlDatabase,
  { identities: { name: table } }: Pick<Tables, 'identities'>,
  people: readonly number[],
): Promise<PersonIds[]> {
  const found = new Map(
    people.map((person) => [person, { userId: null as string | null, anonymousIds: [] as string[] }]),
  )
  const read = async (session: SqlSession, some: readonly number[]): Promise<void> => {
    const own = statement(database.dialect)
    const whose = own.isAnyInteger('person', some)
    const sql = `SELECT person, user_id, anonymous_id FROM ${table} WHERE ${whose}`
    for (const [person, userId, anonymousId] of await session.query(own.build(sql))) {
      const ids = found.get(Number(person))!
      // A forgotten one has neither.
      if (userId !== null) ids.userId = String(userId)
      else if (anonymousId !== null) ids.anonymousIds.push(String(anonymousId))
    }
    const linked = statement(database.dialect)
    const visitors =
      `SELECT linked_person, anonymous_id FROM ${table} WHERE ${linked.isAnyInteger('linked_person', some)} ` +
      'ORDER BY linked_at, person'
    for (const [person, anonymousId] of await session.query(linked.build(visitors)))
      if (anonymousId !== null) found.get(Number(person))!.anonymousIds.push(String(anonymousId))
  }
  await database.read(async (session) => {
    for (const some of parts([...found.keys()])) await read(session, some)
  })
  return people.map((person) => found.get(person)!)
}
