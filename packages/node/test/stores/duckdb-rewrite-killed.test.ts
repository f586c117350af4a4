import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { duckdbStore } from '@analytics/node/duckdb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { limitMs, runs } from '../../../../test/support/soak.js'

const ROUNDS = runs(5, 200)

/** Longest time from the first rewrite's beginning to the kill, in ms; a rewrite of so few rows takes about 50. */
const KILL_WITHIN_MS = 300

/** Stores events and rewrites the file until it is killed; prints the ids that it has acknowledged. */
const SCRIPT = `
  import { duckdbStore } from './src/stores/duckdb.ts'
  import { sampleEvents } from './src/testing/sample-events.ts'
  const store = duckdbStore({ path: process.argv[1] })
  await store.setup('auto')
  const insert = async () => {
    const events = sampleEvents({ count: 50 })
    await store.insertEvents(events)
    console.log(events.map(({ eventId }) => eventId).join(' '))
  }
  await insert()
  console.log('rewriting')
  const inserting = (async () => { for (;;) await insert() })()
  for (;;) await store.rewriteFile({ texts: ['visitor-1'] })`

/** Numbers below 1, the same in each run. */
function* drawn(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    yield state / 2 ** 32
  }
}

describe('a process that is killed while it rewrites the DuckDB file', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'analytics-rewrite-killed-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it(
    `leaves one with every event that it acknowledged, once (${ROUNDS} rounds)`,
    async () => {
      const path = join(folder, 'events.duckdb')
      const numbers = drawn(20_260_101)
      const acknowledged = new Set<string>()
      let left = 0
      for (let round = 0; round < ROUNDS; round++) {
        const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', SCRIPT, path], {
          cwd: fileURLToPath(new URL('../..', import.meta.url)),
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        const ended = once(child, 'exit')
        for await (const line of createInterface({ input: child.stdout })) {
          if (line === 'rewriting') setTimeout(() => child.kill('SIGKILL'), numbers.next().value * KILL_WITHIN_MS)
          else for (const id of line.split(' ')) if (id.length === 26) acknowledged.add(id)
        }
        expect(await ended).toEqual([null, 'SIGKILL'])
        left += (await readdir(folder)).includes('events.duckdb.rewrite') ? 1 : 0

        const store = duckdbStore({ path })
        await store.setup('auto')
        const stored: string[] = []
        for await (const events of store.readEvents({ from: 0, to: Date.UTC(2030, 0, 1), order: 'asc' }))
          stored.push(...events.map(({ eventId }) => eventId))
        let inSessions = 0
        for await (const sessions of store.sessions.read({ from: 0, to: Date.UTC(2030, 0, 1) }))
          for (const { eventCount } of sessions) inSessions += eventCount
        await store.close()
        const known = new Set(stored)
        expect([...acknowledged].filter((id) => !known.has(id))).toEqual([])
        expect(known.size).toBe(stored.length)
        expect(inSessions).toBe(stored.length)
        expect((await readdir(folder)).filter((name) => !name.endsWith('.tmp'))).toEqual(['events.duckdb'])
      }
      // Some were killed while they wrote the new file.
      expect(left).toBeGreaterThan(0)
    },
    limitMs(60_000),
  )
})
