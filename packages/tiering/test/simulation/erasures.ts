import type { StoredEvent, Subject } from '@analytics/protocol'
import type { ErasureRunResult } from '../../src/operations/erase.js'
import type { Tiering } from '../../src/tiering.js'
import { HOUR_MS, type Simulated } from './world.js'

/** People of a simulation. */
export const PEOPLE = 6

const subjectOf = (person: number): Subject => ({
  userIds: [`user-${person}`],
  anonymousIds: [`visitor-${person}`],
})

export const isOfAny = (people: Iterable<number>, { userId, anonymousId }: StoredEvent): boolean =>
  [...people].some((person) => userId === `user-${person}` || (userId === null && anonymousId === `visitor-${person}`))

/** Asks for the erasure of somebody. */
export async function erase(world: Simulated, tiering: Tiering): Promise<void> {
  const person = Math.floor(world.random() * PEOPLE)
  world.erasing.add(person)
  await tiering.erase.request(subjectOf(person))
  world.hidden.add(person)
}

/** Once no hold is left, nothing of anybody who was erased is left either, in any byte of any object. */
export async function assertErased(world: Simulated, tiering: Tiering, fail: (what: string) => void): Promise<void> {
  // Those, too, of which no answer came.
  for (const { id } of await tiering.hold.list()) await tiering.hold.release(id)
  for (const person of world.erasing) await tiering.erase.request(subjectOf(person))
  let pending: ErasureRunResult['pending'] = []
  for (let round = 0; round < 6; round++) {
    world.time += 2 * HOUR_MS
    pending = (await tiering.erase.run()).pending
    await tiering.gc({ dryRun: false, olderThan: '2h' })
  }
  if (pending.length > 0) fail(`erasures are not complete: ${JSON.stringify(pending)}`)
  const theirs = [...world.events.values()].filter((event) => isOfAny(world.erasing, event))
  const left = [...(await world.hot.read()).map(({ eventId }) => eventId), ...(await bytesOf(world))].join()
  for (const { eventId } of theirs) if (left.includes(eventId)) fail('an event of somebody who was erased is left')
  const verified = await tiering.verify()
  if (!verified.ok) fail(JSON.stringify(verified.problems))
}

/** Every object as text, restored from the archive where it must be. */
async function bytesOf(world: Simulated): Promise<string[]> {
  const texts: string[] = []
  const names: string[] = []
  for await (const { name, archivalState } of world.cold.list('')) {
    names.push(name)
    if (archivalState === 'archived') await world.cold.restore(name, { hours: 2 })
  }
  world.time += HOUR_MS + 1
  for (const name of names)
    for await (const bytes of world.cold.get(name)) texts.push(Buffer.from(bytes).toString('latin1'))
  return texts
}
