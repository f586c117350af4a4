import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ulid } from 'ulid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, type ExampleApp, KEYS, startExample } from './support/example.js'
import { limitMs, runs } from './support/soak.js'

const ROUNDS = runs(3, 50)
const SENDERS = 4

/** Sends batches one after another until the server is gone; `onAnswer` hears of each 200. */
async function sendUntilGone({ url }: ExampleApp, sent: Map<string, boolean>, onAnswer: () => void): Promise<void> {
  for (;;) {
    const ids = Array.from({ length: 25 }, () => ulid())
    for (const id of ids) sent.set(id, false)
    const events = ids.map((eventId, seq) => ({
      eventId,
      eventType: 'crash_test',
      anonymousId: `visitor-${seq}`,
      sessionId: 'crash',
      timestamp: new Date().toISOString(),
    }))
    try {
      const response = await fetch(`${url}/analytics/events?k=${KEYS.write}`, {
        method: 'POST',
        body: JSON.stringify({ events }),
      })
      if (response.status !== 200) continue
      for (const id of ids) sent.set(id, true)
      onAnswer()
    } catch {
      return
    }
  }
}

describe('a server that is killed', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'analytics-crash-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it(
    `has every event that it answered 200 for, once, after a restart (${ROUNDS} rounds)`,
    async () => {
      const sent = new Map<string, boolean>()
      for (let round = 0; round < ROUNDS; round++) {
        const app = await startExample(folder)
        let answers = 0
        let kill: () => void = () => {}
        const killed = new Promise<void>((resolve) => {
          kill = resolve
        })
        const senders = Array.from({ length: SENDERS }, () =>
          sendUntilGone(app, sent, () => {
            // Right after an answer, while the other senders wait for theirs.
            if (++answers === 8 + round * 5) kill()
          }),
        )
        await killed
        expect(await app.stop('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' })
        await Promise.all(senders)
      }
      const app = await startExample(folder)
      const counts = await countById(app)
      const accepted = [...sent].filter(([, isAccepted]) => isAccepted).map(([id]) => id)
      expect(accepted.length).toBeGreaterThan(ROUNDS * 8 * 20)
      expect(accepted.filter((id) => counts.get(id) !== 1)).toEqual([])
      expect([...counts.values()].filter((count) => count !== 1)).toEqual([])
      expect([...counts.keys()].filter((id) => !sent.has(id))).toEqual([])
      expect(await app.stop('SIGTERM')).toEqual({ code: 0, signal: null })
    },
    limitMs(60_000),
  )
})

/** The shop after days of visits, whose clock is far enough on for all of them to move. */
const MOVING = { clockOffset: '120d' }
const MOVE_ROUNDS = runs(4, 40)

describe('a server that is killed while days move', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'analytics-crash-move-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const numbers = async (app: ExampleApp) => {
    const query = {
      kind: 'trend',
      range: { from: '2020-01-01', to: '2100-01-01' },
      interval: 'month',
      metrics: ['events', 'users', 'sessions'],
    }
    const { result } = await ask<{ result: { series: { points: { value: number }[] }[] } }>(app, query)
    return result.series.map(({ points }) => points.map(({ value }) => value).filter((value) => value > 0))
  }
  const tiers = async ({ url }: ExampleApp) => {
    const response = await fetch(`${url}/analytics/tiers`, { headers: { authorization: `Bearer ${KEYS.read}` } })
    return ((await response.json()) as { days: { state: string; hotRows: number }[] }).days
  }

  it(
    `gives the same numbers after each restart, and has moved every day in the end (${MOVE_ROUNDS} rounds)`,
    async () => {
      const seeded = await startExample(folder, { args: ['--seed', '12d'] })
      const before = await numbers(seeded)
      await seeded.stop('SIGTERM')
      for (let round = 0; round < MOVE_ROUNDS; round++) {
        const app = await startExample(folder, MOVING)
        // Days begin to move when the server does; each round catches them at another moment.
        await new Promise((resolve) => setTimeout(resolve, (round * 137) % 900))
        await app.stop('SIGKILL')
      }
      const app = await startExample(folder, MOVING)
      expect(await numbers(app)).toEqual(before)
      await expect
        .poll(async () => new Set((await tiers(app)).map(({ state }) => state)), { timeout: 30_000 })
        .toEqual(new Set(['cold']))
      expect((await tiers(app)).filter(({ hotRows }) => hotRows > 0)).toEqual([])
      expect(await numbers(app)).toEqual(before)
      await app.stop('SIGTERM')
    },
    limitMs(90_000),
  )
})

/** How often each event is there, over all pages. */
async function countById(app: ExampleApp): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  let cursor: string | undefined
  do {
    const { result } = await ask<{ result: { events: { eventId: string }[]; nextCursor?: string } }>(app, {
      kind: 'events',
      range: { from: '2020-01-01', to: '2100-01-01' },
      eventTypes: ['crash_test'],
      limit: 1000,
      ...(cursor === undefined ? {} : { cursor }),
    })
    for (const { eventId } of result.events) counts.set(eventId, (counts.get(eventId) ?? 0) + 1)
    cursor = result.nextCursor
  } while (cursor !== undefined)
  return counts
}
