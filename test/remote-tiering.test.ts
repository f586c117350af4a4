import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { createAnalytics } from '@analytics/node'
import { expressHandler } from '@analytics/node/express'
import { memoryStore } from '@analytics/node/memory'
import { DAY_MS, dayOf, type StoredEvent } from '@analytics/protocol'
import {
  createTiering,
  type ObjectStore,
  remoteTiering,
  type Tiering,
  type TieringOperations,
} from '@analytics/tiering'
import { memoryObjectStore } from '@analytics/tiering/memory'
import { sampleEvents } from '@analytics/tiering/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packageFolder } from './support/workspace.js'

const KEYS = { write: 'wk_remote_0123456789', read: 'rk_remote_0123456789', admin: 'ak_remote_0123456789' } as const
const FIRST = Date.UTC(2026, 7, 1)
const DAYS = [0, 1, 2, 3, 4].map((i) => dayOf(FIRST + i * DAY_MS))

describe('a running server with tiering', () => {
  let url: string
  let now: number
  let tiering: Tiering
  let remote: TieringOperations
  /** How long each put takes, in ms. */
  let putMs: number
  let close: () => Promise<void>

  beforeEach(async () => {
    now = FIRST + 100 * DAY_MS
    putMs = 0
    const clock = () => now
    const store = memoryStore({ now: clock })
    const cold = slowed(memoryObjectStore({ now: clock }), () => putMs)
    const policy = { dropAfter: '90d', archiveAfter: '1y', expireAfter: '2y' } as const
    tiering = createTiering({ hot: store, cold, policy, now: clock })
    const keys = (['write', 'read', 'admin'] as const).map((scope) => ({ key: KEYS[scope], scope }))
    const analytics = await createAnalytics({ store, tiering, keys, jobs: false, now: clock })
    await store.insertEvents(DAYS.flatMap((day, seed) => sampleEvents({ day, count: 20, seed })))
    const handler = expressHandler(analytics)
    const server = createServer((request, response) => {
      // What Express does below a mount point.
      request.url = request.url!.replace(/^\/analytics/, '')
      handler(request, response, (error) => response.destroy(error as Error))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/analytics`
    remote = remoteTiering({ url, key: KEYS.admin })
    close = async () => {
      server.closeAllConnections()
      server.close()
      await tiering.close()
      await analytics.close()
    }
  })
  afterEach(() => close())

  const post = (path: string, body: string, key: string | undefined, headers: Record<string, string> = {}) =>
    fetch(url + path, {
      method: 'POST',
      headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...headers },
      body,
    })
  /** A run that is not told that another one is at it: the lease is free. */
  const leaseIsFree = () => expect.poll(async () => (await tiering.run()).status, { timeout: 5000 }).toBe('done')

  it('exports as a stream, tells what it refuses, and breaks off where it fails', async () => {
    await tiering.run()
    const bytesOf = async (exported: AsyncIterable<Uint8Array>) => {
      const parts: Uint8Array[] = []
      for await (const part of exported) parts.push(part)
      return Buffer.concat(parts)
    }
    const range = { from: FIRST, to: FIRST + 2 * DAY_MS }
    expect(await bytesOf(remote.export(range))).toEqual(await bytesOf(tiering.export(range)))
    expect(await bytesOf(remote.export({ from: 0, to: 1 }))).toHaveLength(0)
    const wrong = { ...range, onArchived: 'never' } as never
    await expect(bytesOf(remote.export(wrong))).rejects.toMatchObject({ code: 'invalid_options', field: 'onArchived' })
    now += 366 * DAY_MS
    await tiering.archive()
    await expect(bytesOf(remote.export(range))).rejects.toMatchObject({
      code: 'archived',
      details: { days: DAYS.slice(0, 2) },
    })
  })

  it('imports events of an export, each checked by itself', async () => {
    const [first, second] = sampleEvents({ day: '2026-10-01', count: 2 })
    const events = [first, { ...second, eventId: 'no id' }, null, first]
    const response = await post('/import', JSON.stringify({ events }), KEYS.admin)
    expect(await response.json()).toMatchObject({
      imported: 1,
      duplicates: 1,
      dropped: 0,
      rejected: 2,
      rejections: [
        { index: 1, field: 'eventId' },
        { index: 2, field: '' },
      ],
    })
    expect((await post('/import', JSON.stringify({ events }), KEYS.write)).status).toBe(403)
    expect((await post('/import', '{"events":1}', KEYS.admin)).status).toBe(400)
    expect((await post('/import', JSON.stringify({ events: Array(501).fill(first) }), KEYS.admin)).status).toBe(400)
  })

  it('does what a tiering in the process does, with the same answers', async () => {
    expect(await remote.plan()).toEqual(await tiering.plan())
    const steps: string[] = []
    const moved = await remote.run({
      onProgress: ({ day, step, index, of }) => steps.push(`${day} ${step} ${index}/${of}`),
    })
    expect(moved.moved.map(({ day }) => day)).toEqual(DAYS)
    expect(steps[0]).toBe('2026-08-01 seal 1/5')
    expect(steps.at(-1)).toBe('2026-08-05 done 5/5')
    expect(await remote.status()).toEqual(await tiering.status())
    expect(await remote.explain('2026-08-01')).toEqual(await tiering.explain('2026-08-01'))
    expect(await remote.verify({ deep: true })).toMatchObject({ ok: true, segments: 5 })
    expect(await remote.compact()).toMatchObject({ status: 'done', moved: [] })
    expect(await remote.gc()).toEqual(await tiering.gc())
    expect(await remote.rebuildCatalog({ deep: true })).toEqual({ status: 'done', days: [], problems: [] })
    expect(await remote.costs()).toEqual(await tiering.costs())
    expect(await remote.doctor()).toMatchObject({ ok: true })
    expect(await remote.park('2026-08-01')).toBeUndefined()
    expect(await remote.retry()).toEqual(['2026-08-01'])
    await expect(remote.rotateKeys()).rejects.toMatchObject({ code: 'invalid_options', field: 'encryption' })

    const { id: holdId, tooLate } = await remote.hold.add({ from: FIRST, to: FIRST + 1, reason: 'case' })
    expect(tooLate).toEqual([])
    expect(await remote.hold.list()).toEqual(await tiering.hold.list())
    expect(await remote.hold.release(holdId)).toBeUndefined()

    now = FIRST + 400 * DAY_MS
    expect((await remote.archive()).moved).toHaveLength(5)
    const range = { from: FIRST, to: FIRST + DAY_MS }
    expect(await remote.restore.estimate(range)).toMatchObject({ days: ['2026-08-01'], objects: 1 })
    const { id } = await remote.restore.request(range, { hours: 2 })
    expect(await remote.restore.status(id)).toEqual(await tiering.restore.status(id))

    now = FIRST + 800 * DAY_MS
    expect((await remote.expire()).moved).toHaveLength(5)
    expect((await remote.verify()).segments).toBe(5)
    expect((await remote.expire({ dryRun: false })).moved).toHaveLength(5)
    expect((await remote.verify()).segments).toBe(0)
  })

  it('erases a person, and hands out the receipt', async () => {
    await remote.run()
    const subject = { userIds: ['user-0'] }
    expect(await remote.erase.estimate(subject)).toEqual(await tiering.erase.estimate(subject))
    const { id } = await remote.erase.request(subject, { within: '5d' })
    expect(await remote.erase.list()).toMatchObject([{ id, state: 'pending' }])
    await expect(remote.erase.receipt(id)).rejects.toMatchObject({ code: 'not_found' })
    now += 120_000
    expect(await remote.erase.run()).toMatchObject({ completed: [id], pending: [] })
    expect(await remote.erase.status(id)).toMatchObject({ state: 'complete' })
    expect(await remote.erase.receipt(id)).toEqual(await tiering.erase.receipt(id))
  })

  it('is driven by an admin key and no other', async () => {
    for (const [key, code] of [
      [KEYS.write, 'key_scope'],
      [KEYS.read, 'key_scope'],
      ['ak_other_0123456789', 'key_unknown'],
    ] as const) {
      const error = await remoteTiering({ url, key })
        .run()
        .catch((reason: Error) => reason)
      expect(error).toMatchObject({ code })
      expect(String(error)).not.toContain(key)
    }
    for (const path of ['/tiers/run', '/tiers/erase/request', `/tiers/run?k=${KEYS.admin}`])
      expect((await post(path, '{}', undefined)).status).toBe(401)
    expect((await tiering.plan()).due).toHaveLength(5)
  })

  it('still answers GET /tiers, and plans and runs in one answer', async () => {
    const plan = await post('/tiers/plan', '', KEYS.admin)
    expect([plan.status, plan.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8'])
    expect(await plan.json()).toMatchObject({ due: DAYS.map((day) => ({ day })) })
    expect(await (await post('/tiers/run', '', KEYS.admin)).json()).toMatchObject({
      moved: DAYS.map((day) => ({ day })),
    })
    const tiers = await fetch(`${url}/tiers`, { headers: { authorization: `Bearer ${KEYS.read}` } })
    expect(await tiers.json()).toMatchObject({ days: DAYS.map((day) => ({ day, state: 'cold' })) })
  })

  it.each([
    ['/tiers/explain', '{"day":7}', 400, 'day'],
    ['/tiers/explain', '{"day":"2026-08-01","deep":true}', 400, 'deep'],
    ['/tiers/explain', '{"day":"2026-08-01","__proto__":{"dryRun":false}}', 400, '__proto__'],
    ['/tiers/expire', '{"__proto__":{"dryRun":false}}', 400, '__proto__'],
    ['/tiers/expire', '{"dryRun":"false"}', 400, 'dryRun'],
    ['/tiers/expire', '[false]', 400, undefined],
    ['/tiers/erase/request', '{"userIds":[{"$ne":""}]}', 400, 'userIds[0]'],
    ['/tiers/erase/request', '{}', 400, undefined],
    ['/tiers/hold/add', '{"from":"2026","to":0,"reason":"x"}', 400, 'from'],
    ['/tiers/hold', '{}', 404, undefined],
    ['/tiers/__proto__', '{}', 404, undefined],
    ['/tiers/close', '{}', 404, undefined],
  ])('refuses %s with %s', async (path, body, status, field) => {
    for (const accept of ['application/json', 'application/x-ndjson']) {
      const response = await post(path, body, KEYS.admin, { accept })
      const { error } = (await response.json()) as { error: { field?: string } }
      expect([response.status, error.field]).toEqual([status, field])
    }
  })

  it('stops the run of a client that goes, and another one goes on', async () => {
    putMs = 300
    const gone = new AbortController()
    const run = remote.run({ signal: gone.signal, onProgress: ({ step }) => step === 'put' && gone.abort() })
    await expect(run).rejects.toMatchObject({ code: 'aborted' })
    // Only one works at a time.
    expect((await tiering.run()).status).toBe('lease_held')
    putMs = 0
    await leaseIsFree()
    expect((await tiering.verify({ deep: true })).ok).toBe(true)
    expect((await remote.status()).days.map(({ state }) => state)).toEqual(DAYS.map(() => 'cold'))
  })

  describe('and the command with --url', () => {
    let folder: string
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'analytics-remote-'))
    })
    afterEach(() => rm(folder, { recursive: true, force: true }))

    function start(line: string, env: Record<string, string> = { ANALYTICS_ADMIN_KEY: KEYS.admin }) {
      const child = spawn(process.execPath, ['dist/cli.js', ...line.split(' '), '--url', url], {
        cwd: packageFolder('tiering'),
        env: { ...process.env, ANALYTICS_ADMIN_KEY: '', ...env },
      })
      const output = { stdout: '', stderr: '' }
      child.stdout.on('data', (data) => (output.stdout += String(data)))
      child.stderr.on('data', (data) => (output.stderr += String(data)))
      const ended = once(child, 'close').then(([code]) => {
        for (const key of Object.values(KEYS)) expect(output.stdout + output.stderr).not.toContain(key)
        return { code: code as number, ...output }
      })
      return { child, output, ended }
    }
    const run = (line: string, env?: Record<string, string>) => start(line, env).ended

    it('does its work there', async () => {
      expect((await run('plan')).stdout).toContain('2026-08-05  move      20  It is 95 days old')
      const moved = await run('run')
      expect(moved).toMatchObject({ code: 0, stdout: '5 days moved, 100 events.\n' })
      expect(moved.stderr).toContain('2026-08-01 seal\n')
      expect(moved.stderr).toContain('2026-08-05 done\n')
      const keyFile = join(folder, 'key')
      await writeFile(keyFile, `${KEYS.admin}\n`)
      const status = await run(`status --json --key-file ${keyFile}`, {})
      expect((JSON.parse(status.stdout) as { days: object[] }).days).toHaveLength(5)
      expect((await run('explain 2026-08-01')).stdout).toMatch(/^2026-08-01 is cold: 20 events/)
      expect((await run('explain yesterday')).stderr).toMatch(/^invalid_options: day is no day/)
      expect(await run('status', { ANALYTICS_ADMIN_KEY: KEYS.read })).toMatchObject({
        code: 1,
        stdout: '',
        stderr: "key_scope: The key's scope is read; this route needs admin.\n",
      })
    }, 60_000)

    it('exports what it has, and imports it again', async () => {
      await run('run')
      const file = join(folder, 'events.ndjson.gz')
      const range = '--from 2026-08-01 --to 2026-08-03'
      expect(await run(`export ${range} --out ${file}`)).toMatchObject({ code: 0 })
      const lines = gunzipSync(await readFile(file))
        .toString()
        .trimEnd()
        .split('\n')
      expect(lines).toHaveLength(60)
      await writeFile(file, gzipSync([...lines, '{}', ''].join('\n')))
      const again = await run(`import ${file}`)
      expect(again).toMatchObject({ code: 2 })
      expect(again.stdout).toContain('60 events imported; 0 were there, 0 are of erased people, 1 were refused.')
      const events: StoredEvent[] = []
      for await (const event of tiering.scan({ from: FIRST, to: FIRST + 3 * DAY_MS })) events.push(event)
      expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(60)
      expect(events).toHaveLength(60)
      const refused = await run(`export ${range} --out ${file}`, { ANALYTICS_ADMIN_KEY: KEYS.read })
      expect(refused.stderr).toContain('is there already')
      expect((await run(`import ${file}`, { ANALYTICS_ADMIN_KEY: KEYS.read })).stderr).toMatch(/^key_scope/)
    }, 60_000)

    it('ends in order on Ctrl-C, on the server too', async () => {
      putMs = 300
      const { child, output, ended } = start('run')
      await expect.poll(() => output.stderr, { timeout: 10_000 }).toContain('put')
      child.kill('SIGINT')
      expect(await ended).toMatchObject({ code: 1, stderr: expect.stringContaining('aborted: The call was ended;') })
      putMs = 0
      await leaseIsFree()
    }, 30_000)

    it('leaves the lease free when it is killed', async () => {
      putMs = 300
      const { child, output, ended } = start('run')
      await expect.poll(() => output.stderr, { timeout: 10_000 }).toContain('put')
      child.kill('SIGKILL')
      await ended
      putMs = 0
      await leaseIsFree()
    }, 30_000)
  })
})

/** A store whose puts take a while. */
function slowed(store: ObjectStore, ms: () => number): ObjectStore {
  return {
    ...store,
    async put(...args) {
      await new Promise((resolve) => setTimeout(resolve, ms()))
      return store.put(...args)
    },
  }
}
