import { isDeepStrictEqual } from 'node:util'
import { ACTIVITY, eventsOf } from './activity.js'
import { type Translation, UnknownCase, type VectorCase } from './case.js'
import { CORRECTIONS } from './corrections.js'
import { FUNNELS } from './funnels.js'
import { JOURNEYS } from './journeys.js'
import { type Place, withEvents } from './place.js'

const TRANSLATIONS: Readonly<Record<string, Translation>> = { ...ACTIVITY, ...FUNNELS, ...JOURNEYS }

/**
 * Stores a case's events and asks what it asks. Resolves to what was got; nothing where it is what is expected.
 * @throws Error where there is no translation, or no query of ours has the case's meaning.
 */
export async function runCase(vector: VectorCase, place: Place): Promise<Record<string, unknown> | undefined> {
  const got = await answerOf(vector, place)
  return isDeepStrictEqual(got, vector.expected) ? undefined : got
}

async function answerOf(vector: VectorCase, place: Place): Promise<Record<string, unknown>> {
  const name = `${vector.kind} ${vector.profile}`
  const correct = CORRECTIONS[name]
  if (correct) return correct(vector, place)
  const translate = TRANSLATIONS[name]
  if (!translate) throw new UnknownCase(`There is no translation for ${vector.kind} of ${vector.profile}.`)
  const rows = vector.events.length > 0 ? vector.events : eventsOf(vector)
  const events = rows.map(([userId, eventType, timestamp, properties]) => ({
    userId,
    eventType,
    timestamp: new Date(timestamp).toISOString(),
    properties,
  }))
  return withEvents(events, place, (analytics) =>
    translate(vector, async (query) => (await analytics.query(query)).result),
  )
}
