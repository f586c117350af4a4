import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { DAY_MS } from '@analytics/protocol'
import { ociService, type ServiceFault, seededRandom, startOciServer } from '@analytics/tiering/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { limitMs, runs } from './support/soak.js'
import { eventsOf, openTiers, type WorkerSettings } from './support/tiering-worker.js'
import { ROOT } from './support/workspace.js'

const ROUNDS = runs(2, 50)

/** The longest time from the first work to the kill, in ms. */
const KILL_WITHIN_MS = 2500

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const auth = {
  tenancy: 'ocid1.tenancy.oc1..test',
  user: 'ocid1.user.oc1..test',
  fingerprint: '20:3b:97:13:55:1c',
  privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
}

describe('a process that is killed while it moves, archives and erases', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'analytics-tiering-killed-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each([
    ['in place', {}],
    ['by copies into a bucket of its own', { archiveBucket: 'archive' }],
  ])(
    `loses and doubles nothing, and brings nobody back, over HTTP, archived %s (${ROUNDS} rounds)`,
    async (how, archive) => {
      const random = seededRandom(20_261_126)
      const service = ociService({
        keys: [{ keyId: `${auth.tenancy}/${auth.user}/${auth.fingerprint}`, publicKey }],
        restoreMs: 500,
        copyMs: 500,
      })
      service.addBucket({ name: 'cold' })
      service.addBucket({ name: 'archive', storageTier: 'Archive' })
      const server = await startOciServer(service)
      const path = join(folder, `${how}.duckdb`)
      const erased: string[] = []
      const today = Math.floor(Date.now() / DAY_MS) * DAY_MS
      const ids = new Map<string, string>()
      let killed = 0
      for (let round = 1; round <= ROUNDS; round++) {
        if (round % 3 === 0) erased.push(`user-${erased.length}`)
        const settings: WorkerSettings = { path, endpoint: server.url, auth, seed: round, today, erased, ...archive }
        if (round % 3 === 0) await eraseOne(settings)
        for (const { eventId, userId } of eventsOf(settings)) ids.set(eventId, userId ?? '')
        service.fail(() => (random() < 0.04 ? faultOf(random()) : undefined))
        killed += await runUntilKilled(settings, random() * KILL_WITHIN_MS)
        service.fail(() => undefined)
      }
      expect(killed).toBe(ROUNDS)

      const { store, cold, tiering } = await openTiers({ path, endpoint: server.url, auth, ...archive })
      const works = [tiering.run, tiering.compact, tiering.archive, tiering.erase.run] as const
      // A copy to the archive takes one more, and so does that of a segment which was restored and written anew.
      for (let i = 0; i < 7; i++) {
        await tiering.retry()
        for (const one of works) expect(await one()).toMatchObject({ status: 'done', failed: [] })
        await tiering.gc({ dryRun: false, olderThan: '3s' })
        await sleep(1100)
      }
      const plan = await tiering.plan()
      expect([plan.due, plan.archives, plan.compactions, plan.parked]).toEqual([[], [], [], []])
      const archived = ['cold', 'archive'].filter((name) =>
        service.objects(name).some(({ tier }) => tier === 'Archive'),
      )
      expect(archived).toEqual(['archiveBucket' in archive ? 'archive' : 'cold'])
      const { id } = await tiering.restore.request({ from: 0, to: Date.now() }, { hours: 2 })
      await tiering.restore.wait(id, { pollMs: 200 })
      const { problems } = await tiering.verify({ deep: true })
      expect(problems).toEqual([])
      expect((await tiering.gc()).orphans).toEqual([])

      const view = await tiering.openView({ from: 0, to: Number.MAX_SAFE_INTEGER })
      const read: { eventId: string; userId: string | null }[] = []
      for await (const events of store.readEvents({ from: 0, to: Date.now(), except: view.seals })) read.push(...events)
      const all = { from: 0, to: Number.MAX_SAFE_INTEGER }
      for (const { day } of view.days) for await (const events of view.readEvents(day, all)) read.push(...events)
      view.release()
      const found = new Set(read.map(({ eventId }) => eventId))
      expect(found.size).toBe(read.length)
      const expected = [...ids].filter(([, userId]) => !erased.includes(userId)).map(([eventId]) => eventId)
      expect([...found].sort()).toEqual(expected.sort())
      // Erasures that could end, have: what is left of the last one is that a minute has not passed yet.
      for (const { waiting } of await tiering.erase.list()) expect(waiting).toEqual([{ reason: 'settling' }])
      await tiering.close()
      await cold.close()
      await store.close()
      await server.close()
    },
    limitMs(90_000),
  )
})

async function eraseOne(settings: WorkerSettings): Promise<void> {
  const { store, cold, tiering } = await openTiers(settings)
  await tiering.erase.request({ userIds: [settings.erased.at(-1)!] })
  await tiering.close()
  await cold.close()
  await store.close()
}

/** One of the faults that a network has, drawn by a number from 0 to 1. */
function faultOf(drawn: number): ServiceFault {
  if (drawn < 0.35) return { kind: 'fail-before' }
  if (drawn < 0.7) return { kind: 'fail-after' }
  if (drawn < 0.85) return { kind: 'refuse', status: 503, code: 'ServiceUnavailable' }
  return { kind: 'truncate', at: 100 }
}

/** Starts a worker and kills it so long after it began; 1 where that is how it ended. */
async function runUntilKilled(settings: WorkerSettings, afterMs: number): Promise<number> {
  const script = fileURLToPath(new URL('./support/tiering-worker.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, 'work'], {
    cwd: ROOT,
    env: { ...process.env, WORKER_SETTINGS: JSON.stringify(settings) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), afterMs))
  const [, signal] = (await ended) as [number | null, string | null]
  return signal === 'SIGKILL' ? 1 : 0
}
