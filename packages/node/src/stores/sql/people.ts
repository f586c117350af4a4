import type { EventIdentity } from '@analytics/protocol'
import { identityKey } from '../../people/identity-key.js'
import type { IdentityLink, People, Subject } from '../../store.js'
import { parts, type SqlDatabase, type SqlSession, type SqlValue, statement } from './dialect.js'
import { ERASURES } from './privacy.js'
import { selectAll } from './sessions.js'
import type { Tables } from './tables.js'

/** Ids kept in memory with their numbers, so that active people cost no look-up. */
const CACHED_IDS = 100_000

/**
 * Links are asked for again that much further back than the newest that is known: a transaction that began earlier may have
 * become visible later. No transaction of ours takes as long.
 */
const LINK_OVERLAP_MS = 600_000

/** The person dictionary of a server database, which several processes add to. */
export interface SqlPeople {
  /** Numbers of the identities, in order; new ones are added, in a transaction of their own. */
  numbers(identities: readonly EventIdentity[]): Promise<Int32Array>
  /** The numbers that they have, in order; -1 for those that have none. */
  knownNumbers(identities: readonly EventIdentity[]): Promise<Int32Array>
  /** Links ids that have no owner yet, and marks them for the rollups. */
  link(links: readonly IdentityLink[]): Promise<void>
  /** Whether the id is known to have an owner, without asking the database. */
  isOwned(anonymousId: string): boolean
  ownerOf(anonymousId: string): Promise<string | undefined>
  anonymousIdsOf(userId: string): Promise<readonly string[]>
  view(): Promise<People>
  /** Numbers that these ids have. */
  numbersOf(subject: Subject): Promise<number[]>
}

/** Options of {@link sqlPeople}. */
export interface SqlPeopleOptions {
  database: SqlDatabase
  tables: Tables
  /** Marks for the rollups that these numbers got an owner. */
  markPeople(session: SqlSession, people: readonly number[]): Promise<void>
  now(): Promise<number>
}

/** The dictionary of one database; its cache holds only what can't change. */
export function sqlPeople({ database, tables, markPeople, now }: SqlPeopleOptions): SqlPeople {
  const { dialect } = database
  const table = tables.identities.name
  const cache = new Map<string, number>()
  /** Anonymous ids that are known to have an owner: their links need not be tried again. */
  const owned = new Set<number>()
  let canonical = new Int32Array(0)
  /** Numbers given so far, as far as this process knows. */
  let count = 0
  let newestLink = 0
  /** How often ids were forgotten, by whatever process, as far as this one knows. */
  let erasures = 0

  const remember = (key: string, number: number) => {
    if (cache.size >= CACHED_IDS) cache.delete(cache.keys().next().value as string)
    cache.set(key, number)
  }
  const grow = (size: number) => {
    count = Math.max(count, size)
    if (size <= canonical.length) return
    const larger = new Int32Array(Math.max(size, canonical.length * 2, 1024))
    larger.set(canonical)
    for (let number = canonical.length; number < larger.length; number++) larger[number] = number
    canonical = larger
  }

  /** Forgets what was remembered of ids where any were erased, by whatever process. */
  const forgetErased = async (session: SqlSession) => {
    const sql = `SELECT version FROM ${tables.records.meta.name} WHERE record_key = '${ERASURES}'`
    const [row] = await session.query(statement(dialect).build(sql))
    const found = Number(row?.[0] ?? 0)
    if (found === erasures) return
    cache.clear()
    owned.clear()
    canonical = new Int32Array(0)
    newestLink = 0
    erasures = found
  }

  /** Looks keys up in the table. */
  const stored = async (session: SqlSession, keys: readonly string[]): Promise<Map<string, number>> => {
    const found = new Map<string, number>()
    for (const [kind, column] of [
      ['u', 'user_id'],
      ['a', 'anonymous_id'],
    ] as const) {
      const ids = keys.filter((key) => key.startsWith(kind)).map((key) => key.slice(1))
      for (const some of parts(ids)) {
        const builder = statement(dialect)
        const rows = await session.query(
          builder.build(`SELECT ${column}, person FROM ${table} WHERE ${builder.isAnyText(column, some)}`),
        )
        for (const [id, person] of rows) found.set(kind + String(id), Number(person))
      }
    }
    return found
  }

  /** Adds ids that have no number; one that another process adds at the same time is left to it. */
  const addIds = async (session: SqlSession, keys: readonly string[], at: number) => {
    for (const some of parts(keys)) {
      const next = statement(dialect).build(dialect.nextNumbers(tables.personSequence, some.length))
      const numbers = (await session.query(next)).map(([number]) => Number(number))
      await session.insert(
        tables.identities,
        some.map((key, i): SqlValue[] => {
          const [user, visitor] = key.startsWith('u') ? [key.slice(1), null] : [null, key.slice(1)]
          return [numbers[i]!, user, visitor, null, null, at]
        }),
      )
    }
  }

  /** What is known of keys, from memory or the table, and which of them are not. */
  const known = async (keys: readonly string[]) => {
    const found = new Map<string, number>()
    const missing = new Set<string>()
    await database.read(forgetErased)
    for (const key of keys) {
      const number = cache.get(key)
      if (number === undefined) missing.add(key)
      else found.set(key, number)
    }
    const take = (some: ReadonlyMap<string, number>) => {
      for (const [key, number] of some) {
        missing.delete(key)
        found.set(key, number)
        remember(key, number)
      }
    }
    if (missing.size > 0) take(await database.read((session) => stored(session, [...missing])))
    return { found, missing, take }
  }

  const resolve = async (keys: readonly string[]): Promise<Map<string, number>> => {
    const { found, missing, take } = await known(keys)
    if (missing.size > 0) {
      // In order, so that two processes never wait for each other's ids.
      const added = [...missing].sort()
      // Asked before the transaction: who holds a connection and waits for a second one waits for ever where all do.
      const at = await now()
      take(
        await database.write(async (session) => {
          await addIds(session, added, at)
          return stored(session, added)
        }),
      )
    }
    return found
  }

  /** Reads links made since the last time, by whatever process. */
  const refresh = async () => {
    await database.read(async (session) => {
      await forgetErased(session)
      const [top] = await session.query(statement(dialect).build(`SELECT COALESCE(MAX(person) + 1, 0) FROM ${table}`))
      grow(Number(top?.[0] ?? 0))
      const builder = statement(dialect)
      const since = builder.integer(Math.max(0, newestLink - LINK_OVERLAP_MS))
      const rows = await session.query(
        builder.build(`SELECT person, linked_person, linked_at FROM ${table} WHERE linked_at >= ${since}`),
      )
      for (const [person, linked, at] of rows) {
        grow(Number(person) + 1)
        canonical[Number(person)] = Number(linked)
        owned.add(Number(person))
        newestLink = Math.max(newestLink, Number(at))
      }
    })
  }

  return {
    async numbers(identities) {
      const keys = identities.map(identityKey)
      const found = await resolve(keys)
      return Int32Array.from(keys, (key) => found.get(key)!)
    },

    async knownNumbers(identities) {
      const keys = identities.map(identityKey)
      const { found } = await known(keys)
      return Int32Array.from(keys, (key) => found.get(key) ?? -1)
    },

    async link(links) {
      const found = await resolve(links.flatMap(({ anonymousId, userId }) => [`a${anonymousId}`, `u${userId}`]))
      const fresh = links
        .map(({ anonymousId, userId }) => ({ person: found.get(`a${anonymousId}`)!, linked: found.get(`u${userId}`)! }))
        .filter(({ person }) => !owned.has(person))
        .sort((a, b) => a.person - b.person)
      if (fresh.length === 0) return
      const at = await now()
      const changed = await database.write(async (session) => {
        const owners = new Map<number, number>()
        // The first link wins, also among those of one call.
        for (const { person, linked } of fresh) if (!owners.has(person)) owners.set(person, linked)
        const marked: number[] = []
        for (const some of parts([...owners.keys()])) {
          const builder = statement(dialect)
          // Locked in their order, so that two processes never wait in a circle; one that has an owner keeps it.
          const where = `${builder.isAnyInteger('person', some)} AND linked_person IS NULL`
          const sql = `SELECT ${selectAll(dialect, tables.identities)} FROM ${table} WHERE ${where} ORDER BY person ${dialect.forUpdate}`
          const rows = await session.query(builder.build(sql))
          await session.update(
            tables.identities,
            rows.map(([person, userId, anonymousId, , , createdAt]): SqlValue[] => [
              Number(person),
              userId ?? null,
              anonymousId ?? null,
              owners.get(Number(person))!,
              at,
              createdAt ?? null,
            ]),
          )
          marked.push(...rows.map(([person]) => Number(person)))
        }
        if (marked.length > 0) await markPeople(session, marked)
        return marked.length
      })
      for (const { person } of fresh) owned.add(person)
      if (changed > 0) await refresh()
    },

    isOwned(anonymousId) {
      const person = cache.get(`a${anonymousId}`)
      return person !== undefined && owned.has(person)
    },

    async ownerOf(anonymousId) {
      const builder = statement(dialect)
      const rows = await database.read((session) =>
        session.query(
          builder.build(
            `SELECT owner.user_id FROM ${table} visitor JOIN ${table} owner ON owner.person = visitor.linked_person ` +
              `WHERE visitor.anonymous_id = ${builder.text(anonymousId)}`,
          ),
        ),
      )
      const owner = rows[0]?.[0] ?? null
      return owner === null ? undefined : String(owner)
    },

    async anonymousIdsOf(userId) {
      const builder = statement(dialect)
      const rows = await database.read((session) =>
        session.query(
          builder.build(
            `SELECT visitor.anonymous_id FROM ${table} visitor JOIN ${table} owner ON owner.person = visitor.linked_person ` +
              `WHERE owner.user_id = ${builder.text(userId)} ORDER BY visitor.linked_at, visitor.person`,
          ),
        ),
      )
      return rows.map(([id]) => String(id))
    },

    async view() {
      await refresh()
      return { count, canonical: canonical.slice(0, count) }
    },

    async numbersOf({ userIds, anonymousIds }) {
      const keys = [...userIds.map((id) => `u${id}`), ...anonymousIds.map((id) => `a${id}`)]
      return [...(await database.read((session) => stored(session, keys))).values()]
    },
  }
}
