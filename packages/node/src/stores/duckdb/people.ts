import type { EventIdentity } from '@analytics/protocol'
import type { DuckDBConnection } from '@duckdb/node-api'
import { identityKey } from '../../people/identity-key.js'
import type { IdentityLink, People, Subject } from '../../store.js'
import { anyOf, type Database, listed, rowsOf } from './database.js'
import type { TableNames } from './schema.js'

/** Ids kept in memory with their numbers, so that active people cost no look-up: about 100 bytes each. */
const CACHED_IDS = 500_000

/** No number: those begin at 0. */
const UNKNOWN = -1

/** Ids looked up by one statement. */
const LOOKUP_IDS = 1000

/**
 * The person dictionary: each user id and each anonymous id has a dense number, and an anonymous id may be linked to a user.
 * Methods that take a connection are called within a write.
 */
export interface PersonDictionary {
  /** Reads what is stored, and forgets all else: once the tables are there, and after a transaction that failed. */
  load(connection: DuckDBConnection): Promise<void>
  numbers(connection: DuckDBConnection, identities: readonly EventIdentity[]): Promise<Int32Array>
  /** The numbers that they have, in order; -1 for those that have none. Called within a read. */
  knownNumbers(connection: DuckDBConnection, identities: readonly EventIdentity[]): Promise<Int32Array>
  /** Links ids that have no owner yet; resolves to their numbers. */
  link(connection: DuckDBConnection, links: readonly IdentityLink[]): Promise<number[]>
  /** Numbers that these ids have. */
  numbersOf(connection: DuckDBConnection, subject: Subject): Promise<number[]>
  ownerOf(anonymousId: string): Promise<string | undefined>
  anonymousIdsOf(userId: string): Promise<readonly string[]>
  view(): People
}

/** The dictionary of one database. */
export function personDictionary(database: Database, names: TableNames, now: () => number): PersonDictionary {
  const cache = new Map<string, number>()
  /** Whether the cache has every id: then one that it doesn't have is new, and costs no look-up either. */
  let isComplete = false
  let count = 0
  let canonical = new Int32Array(0)

  const remember = (key: string, number: number) => {
    if (cache.size >= CACHED_IDS) {
      cache.delete(cache.keys().next().value as string)
      isComplete = false
    }
    cache.set(key, number)
  }
  const grow = (size: number) => {
    if (size > canonical.length) {
      const larger = new Int32Array(Math.max(size, canonical.length * 2, 1024))
      larger.set(canonical)
      canonical = larger
    }
    for (let number = count; number < size; number++) canonical[number] = number
    count = Math.max(count, size)
  }

  /** Numbers of the keys, in order, from the cache, the table, or new. */
  const resolve = async (connection: DuckDBConnection, keys: readonly string[]): Promise<Int32Array> => {
    const numbers = Int32Array.from(keys, (key) => cache.get(key) ?? UNKNOWN)
    const missing = new Set(keys.filter((_, i) => numbers[i] === UNKNOWN))
    if (missing.size === 0) return numbers
    const found = new Map(await lookUp(connection, missing))
    for (const [key, number] of found) {
      missing.delete(key)
      remember(key, number)
    }
    await add(connection, [...missing], found)
    return numbers.map((number, i) => (number === UNKNOWN ? found.get(keys[i]!)! : number))
  }

  const lookUp = async (connection: DuckDBConnection, keys: ReadonlySet<string>): Promise<[string, number][]> => {
    if (isComplete || keys.size === 0) return []
    if (count > CACHED_IDS) return stored(database, connection, names, [...keys])
    const all = await everyId(connection, names)
    for (const [key, number] of all) cache.set(key, number)
    isComplete = true
    return all.filter(([key]) => keys.has(key))
  }

  const add = async (connection: DuckDBConnection, keys: readonly string[], found: Map<string, number>) => {
    if (keys.length === 0) return
    const appender = await connection.createAppender(names.identities)
    const createdAt = new database.duckdb.DuckDBTimestampValue(BigInt(now()) * 1000n)
    keys.forEach((key, i) => {
      const number = count + i
      appender.appendInteger(number)
      if (key.startsWith('u')) appender.appendVarchar(key.slice(1))
      else appender.appendNull()
      if (key.startsWith('a')) appender.appendVarchar(key.slice(1))
      else appender.appendNull()
      appender.appendNull()
      appender.appendNull()
      appender.appendTimestamp(createdAt)
      appender.endRow()
      found.set(key, number)
      remember(key, number)
    })
    appender.closeSync()
    grow(count + keys.length)
  }

  const load = async (connection: DuckDBConnection) => {
    cache.clear()
    isComplete = false
    count = 0
    const [top] = await rowsOf(connection, `SELECT coalesce(max(person) + 1, 0) FROM ${names.identities}`)
    grow(Number(top?.[0] ?? 0))
    const links = await rowsOf(
      connection,
      `SELECT person, linked_person FROM ${names.identities} WHERE linked_person IS NOT NULL`,
    )
    for (const [person, linked] of links) canonical[Number(person)] = Number(linked)
  }

  return {
    load,

    async numbers(connection, identities) {
      return resolve(connection, identities.map(identityKey))
    },

    async knownNumbers(connection, identities) {
      const keys = identities.map(identityKey)
      const missing = isComplete ? [] : keys.filter((key) => !cache.has(key))
      const found = new Map(missing.length > 0 ? await stored(database, connection, names, missing) : [])
      return Int32Array.from(keys, (key) => cache.get(key) ?? found.get(key) ?? UNKNOWN)
    },

    async link(connection, links) {
      const keys = links.flatMap(({ anonymousId, userId }) => [`a${anonymousId}`, `u${userId}`])
      const numbers = await resolve(connection, keys)
      const owners = new Map<number, number>()
      for (let i = 0; i < numbers.length; i += 2) {
        const person = numbers[i]!
        // The first link wins: an anonymous id that has an owner keeps it.
        if (canonical[person] === person && !owners.has(person)) owners.set(person, numbers[i + 1]!)
      }
      if (owners.size === 0) return []
      const list = (values: Iterable<number>) => database.duckdb.listValue([...values])
      await connection.run(
        `UPDATE ${names.identities} SET linked_person = link.owner, linked_at = $3
         FROM (SELECT unnest($1::INTEGER[]) AS visitor, unnest($2::INTEGER[]) AS owner) link WHERE person = link.visitor`,
        [list(owners.keys()), list(owners.values()), BigInt(now())],
      )
      for (const [person, owner] of owners) canonical[person] = owner
      return [...owners.keys()]
    },

    async numbersOf(connection, { userIds, anonymousIds }) {
      const keys = [...userIds.map((id) => `u${id}`), ...anonymousIds.map((id) => `a${id}`)]
      return (await stored(database, connection, names, keys)).map(([, number]) => number)
    },

    ownerOf: (anonymousId) =>
      database.read(async (connection) => {
        const [row] = await rowsOf(
          connection,
          `SELECT user_id FROM ${names.identities}
           WHERE person = (SELECT linked_person FROM ${names.identities} WHERE anonymous_id = $1)`,
          [anonymousId],
        )
        return row && row[0] !== null ? String(row[0]) : undefined
      }),

    anonymousIdsOf: (userId) =>
      database.read(async (connection) => {
        const rows = await rowsOf(
          connection,
          `SELECT anonymous_id FROM ${names.identities}
           WHERE linked_person = (SELECT person FROM ${names.identities} WHERE user_id = $1) ORDER BY linked_at, person`,
          [userId],
        )
        return rows.map(([id]) => String(id))
      }),

    view: () => ({ count, canonical: canonical.slice(0, count) }),
  }
}

async function everyId(connection: DuckDBConnection, names: TableNames): Promise<[string, number][]> {
  const key = `coalesce('u' || user_id, 'a' || anonymous_id)`
  const rows = await rowsOf(connection, `SELECT ${key}, person FROM ${names.identities} WHERE ${key} IS NOT NULL`)
  return rows.map(([id, person]) => [String(id), Number(person)])
}

async function stored(
  { duckdb }: Pick<Database, 'duckdb'>,
  connection: DuckDBConnection,
  names: TableNames,
  keys: readonly string[],
): Promise<[string, number][]> {
  const found: [string, number][] = []
  for (const [kind, column] of [
    ['u', 'user_id'],
    ['a', 'anonymous_id'],
  ] as const) {
    const ids = keys.filter((key) => key.startsWith(kind)).map((key) => key.slice(1))
    for (let i = 0; i < ids.length; i += LOOKUP_IDS) {
      const some = ids.slice(i, i + LOOKUP_IDS)
      const rows = await rowsOf(
        connection,
        `SELECT ${column}, person FROM ${names.identities} WHERE ${column} IN (${anyOf(some, 1)})`,
        listed(duckdb, some),
      )
      for (const [id, person] of rows) found.push([kind + String(id), Number(person)])
    }
  }
  return found
}
