import { type Day, dayOf, type StoredEvent } from '@analytics/protocol'
import { identityLinks } from '../../people/identity-links.js'
import { bucketOf } from '../../rollups/rollup.js'
import { sessionsOf } from '../../sessions/session.js'
import type { HotStore, InsertOutcome } from '../../store.js'
import { parts, type SqlDatabase, type SqlSession, statement } from './dialect.js'
import { eventRow, idWindow } from './events.js'
import { addFirstSeen, collectFirstSeen, type FirstSeen } from './first-seen.js'
import type { SqlPeople } from './people.js'
import { addMarks } from './rollups.js'
import type { EventPartitions } from './server-database.js'
import { addSessions } from './sessions.js'
import type { Tables } from './tables.js'

/** Events that one statement stores: enough to share its cost, few enough to bound its memory. */
const INSERT_ROWS = 5000

/** How a server database stores events: with their sessions, marks and first times in one transaction, their people and links before it. */
export function sqlInsert({
  database,
  tables,
  partitions,
  people,
}: {
  database: SqlDatabase
  tables: Tables
  partitions: EventPartitions
  people: SqlPeople
}): HotStore['insertEvents'] {
  const { dialect } = database
  const events = tables.events.name

  /** Ids of the events that are stored already, in the event table or in a sealed one. */
  const knownIds = async (session: SqlSession, batch: readonly StoredEvent[]): Promise<Set<string>> => {
    const known = new Set<string>()
    const windows = idWindows(batch)
    const lookUp = async (table: string, { first, last, ids }: IdWindow) => {
      for (const some of parts(ids)) {
        const builder = statement(dialect)
        const days = `event_day BETWEEN ${builder.day(first)} AND ${builder.day(last)}`
        const rows = await session.query(
          builder.build(`SELECT event_id FROM ${table} WHERE ${days} AND ${builder.isAnyText('event_id', some)}`),
        )
        for (const [id] of rows) known.add(String(id))
      }
    }
    for (const window of windows) await lookUp(events, window)
    // After the event table: a day that was set aside meanwhile is found here.
    const [first, last] = [
      windows.map((one) => one.first).sort()[0]!,
      windows
        .map((one) => one.last)
        .sort()
        .at(-1)!,
    ]
    for (const { table, day } of await partitions.standing(session, first, last)) {
      for (const window of windows) if (day >= window.first && day <= window.last) await lookUp(table, window)
    }
    return known
  }

  /** The links that new events make: a duplicate changes nothing, whoever it names. Where all are linked, it asks nothing. */
  const linksOf = async (batch: readonly StoredEvent[]) => {
    const naming = batch.filter(
      ({ anonymousId, userId }) => anonymousId !== null && userId !== null && !people.isOwned(anonymousId),
    )
    if (naming.length === 0) return []
    const known = await database.read((session) => knownIds(session, naming))
    return identityLinks(naming.filter(({ eventId }) => !known.has(eventId)))
  }

  /** Stores what is new, with its sessions and marks, and adds its ids to `stored` and what it was the first of to `firsts`. */
  const store = async (
    session: SqlSession,
    batch: readonly StoredEvent[],
    numbers: ReadonlyMap<string, number>,
    { stored, firsts }: { stored: Set<string>; firsts: Map<string, FirstSeen> },
  ) => {
    const known = await knownIds(session, batch)
    // In order of their ids, so that two writers of the same events wait for each other, and don't wait in a circle.
    const unknown = batch.filter(({ eventId }) => !known.has(eventId)).sort((a, b) => (a.eventId < b.eventId ? -1 : 1))
    const inserted = await session.insert(
      tables.events,
      unknown.map((event) => eventRow(event, numbers.get(event.eventId)!)),
    )
    const fresh = unknown.filter((_, i) => inserted[i])
    const owners = Int32Array.from(fresh, ({ eventId }) => numbers.get(eventId)!)
    const at = Math.max(...batch.map(({ processingTimestamp }) => processingTimestamp))
    await addSessions(session, dialect, tables.sessions, sessionsOf(fresh, owners), at)
    await addMarks(session, tables.marks, {
      hours: new Set(fresh.map(({ eventTimestamp }) => bucketOf('hour', eventTimestamp).start)),
    })
    collectFirstSeen(firsts, fresh, owners)
    for (const { eventId } of fresh) stored.add(eventId)
  }

  return async (batch) => {
    const first = new Map<string, StoredEvent>()
    for (const event of batch) if (!first.has(event.eventId)) first.set(event.eventId, event)
    const events = [...first.values()]
    if (events.length === 0) return []
    const owners = await people.numbers(events)
    const numbers = new Map(events.map(({ eventId }, i) => [eventId, owners[i]!]))
    await people.link(await linksOf(events))
    const days = [...new Set(events.map(({ eventTimestamp }) => dayOf(eventTimestamp)))]
    const insert = async () => {
      await partitions.prepare(days)
      return database.write(async (session) => {
        const added = { stored: new Set<string>(), firsts: new Map<string, FirstSeen>() }
        for (const some of parts(events, INSERT_ROWS)) await store(session, some, numbers, added)
        // Once for all parts, last, and in one order: what two writers wait for is then never a circle.
        await addFirstSeen(session, { dialect, table: tables.firstSeen }, added.firsts)
        return added.stored
      })
    }
    let inserted: Set<string> | undefined
    for (let attempt = 0; !inserted; attempt++) {
      inserted = await insert().catch((error) => {
        // Each of its days may be set aside in turn, while this waits.
        if (partitions.isUnprepared(error) && attempt <= days.length) return undefined
        throw error
      })
    }
    return batch.map(({ eventId }): InsertOutcome => (inserted!.delete(eventId) ? 'inserted' : 'duplicate'))
  }
}

interface IdWindow {
  first: Day
  last: Day
  ids: string[]
}

/** Ids by the days in which they may lie. */
function idWindows(events: readonly StoredEvent[]): IdWindow[] {
  const windows = new Map<string, IdWindow>()
  for (const event of events) {
    const { first, last } = idWindow(event)
    const key = first + last
    const ids = windows.get(key)?.ids
    if (ids) ids.push(event.eventId)
    else windows.set(key, { first, last, ids: [event.eventId] })
  }
  return [...windows.values()]
}
