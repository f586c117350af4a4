import { execFile } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { type Analytics, createAnalytics, type ImportEvent } from '@analytics/node'
import { duckdbStore } from '@analytics/node/duckdb'
import { DAY_MS, type StoredEvent } from '@analytics/protocol'
import { createTiering, readExport, type Tiering } from '@analytics/tiering'
import { fileObjectStore } from '@analytics/tiering/file'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const START = Date.UTC(2026, 0, 10)
const NOW = START + 120 * DAY_MS
const ALL = { from: 0, to: NOW }

function* visits(): Generator<ImportEvent> {
  for (let i = 0; i < 1500; i++)
    yield {
      eventType: i % 3 === 0 ? 'buy' : 'view',
      ...(i % 7 === 0 ? { anonymousId: `visitor-${i % 20}` } : { userId: `user-${i % 50}` }),
      sessionId: `session-${i % 90}`,
      timestamp: new Date(START + (i % 6) * 18 * DAY_MS + i * 1000).toISOString(),
      eventValue: i / 7,
      properties: { amount: i, text: 'Zeile\nzwei "ä" 🎉', nested: { list: [1, null, true] } },
      context: { page: { url: `https://app.example/${i % 9}?q=ü` } },
      device: { browser: 'Firefox', country: 'DE' },
    }
}

/** A data set in a folder, most of its days in object storage. */
async function openData(folder: string): Promise<{ analytics: Analytics; tiering: Tiering; close(): Promise<void> }> {
  const now = () => NOW
  const store = duckdbStore({ path: join(folder, 'hot.duckdb') })
  const cold = fileObjectStore({ dir: join(folder, 'cold'), now })
  const tiering = createTiering({ hot: store, cold, policy: { dropAfter: '60d' }, now })
  const analytics = await createAnalytics({ store, tiering, jobs: false, now })
  return {
    analytics,
    tiering,
    async close() {
      await tiering.close()
      await analytics.close()
    },
  }
}

async function everything(tiering: Tiering): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  for await (const event of tiering.scan(ALL)) events.push(event)
  return events
}

async function* eventsIn(file: string): AsyncGenerator<StoredEvent> {
  for await (const line of readExport(createReadStream(file))) {
    if (!line.ok) throw new Error(line.message)
    yield line.event
  }
}

describe('an export', () => {
  let folder: string
  let file: string
  let data: Awaited<ReturnType<typeof openData>>

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'analytics-export-'))
    file = join(folder, 'events.ndjson.gz')
    data = await openData(folder)
    await data.analytics.import(visits())
    const { failed, moved } = await data.tiering.run()
    expect(failed).toEqual([])
    expect(moved.length).toBeGreaterThan(3)
  })
  afterEach(async () => {
    await data.close()
    await rm(folder, { recursive: true, force: true })
  })

  const exportAll = () => pipeline(data.tiering.export(ALL), createWriteStream(file))

  it('fills an empty data set with the same events, and counts once what is imported again', async () => {
    await exportAll()
    const other = await openData(await mkdtemp(join(folder, 'other-')))
    try {
      const first = await other.analytics.import(eventsIn(file))
      expect(first).toMatchObject({ imported: 1500, duplicates: 0, rejected: 0, dropped: 0 })
      expect(await everything(other.tiering)).toEqual(await everything(data.tiering))

      await other.tiering.run()
      await other.analytics.import(eventsIn(file))
      expect(await everything(other.tiering)).toEqual(await everything(data.tiering))
    } finally {
      await other.close()
    }
  })

  it('brings nobody back who was erased', async () => {
    await exportAll()
    const all = await everything(data.tiering)
    const theirs = all.filter(({ userId }) => userId === 'user-3').length
    expect(theirs).toBeGreaterThan(10)
    await data.analytics.privacy.erase({ userId: 'user-3' })

    const result = await data.analytics.import(eventsIn(file))

    expect(result.dropped).toBe(theirs)
    const left = await everything(data.tiering)
    expect(left).toHaveLength(all.length - theirs)
    expect(left.some(({ userId }) => userId === 'user-3')).toBe(false)
  })

  it('refuses a stored event that is none, and stores the others', async () => {
    const [event] = await everything(data.tiering)
    const bad = { ...event!, eventTimestamp: 'yesterday' } as unknown as StoredEvent
    const result = await data.analytics.import([bad, { ...event!, eventId: '01K00000000000000000000000' }])
    expect(result).toMatchObject({ imported: 1, rejected: 1, rejections: [{ index: 0, field: 'eventTimestamp' }] })
  })
})

const CONFIG = `
  import { createAnalytics } from '@analytics/node'
  import { duckdbStore } from '@analytics/node/duckdb'
  import { createTiering } from '@analytics/tiering'
  import { fileObjectStore } from '@analytics/tiering/file'
  export default async () => {
    const store = duckdbStore({ path: process.env.FOLDER + '/hot.duckdb' })
    const cold = fileObjectStore({ dir: process.env.FOLDER + '/cold' })
    const tiering = createTiering({ hot: store, cold, policy: { dropAfter: '20000d' } })
    const analytics = await createAnalytics({ store, tiering, jobs: false })
    const close = async () => { await tiering.close(); await analytics.close() }
    return process.env.WITHOUT ? { tiering, close } : { tiering, analytics, close }
  }`

describe('the commands export and import', () => {
  const example = fileURLToPath(new URL('../examples/express-react/', import.meta.url))
  let folder: string
  let config: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'analytics-export-'))
    config = join(example, `export-${process.pid}.config.mjs`)
    await writeFile(config, CONFIG)
  })
  afterEach(async () => {
    await rm(config, { force: true })
    await rm(folder, { recursive: true, force: true })
  })

  async function run(args: readonly string[], env: Record<string, string> = {}) {
    const command = [join(example, 'node_modules/@analytics/tiering/dist/cli.js'), ...args, '--config', config]
    const options = { env: { ...process.env, FOLDER: folder, ...env }, encoding: 'buffer' as const, maxBuffer: 1e8 }
    const told = await promisify(execFile)(process.execPath, command, options)
      .then((out) => ({ code: 0, ...out }))
      .catch((error: { code: number; stdout: Buffer; stderr: Buffer }) => error)
    return { code: told.code, bytes: told.stdout, stdout: told.stdout.toString(), stderr: told.stderr.toString() }
  }

  it('write a file and read it again', async () => {
    const seed = join(folder, 'seed.ndjson')
    const event = (index: number): object => ({
      eventId: `01K000000000000000000000${String(index).padStart(2, '0')}`,
      eventType: 'view',
      userId: `user-${index % 3}`,
      sessionId: 's',
      schemaVersion: 1,
      eventTimestamp: Date.UTC(2026, 0, 1 + index),
      receivedTimestamp: 0,
      processingTimestamp: 0,
    })
    const lines = Array.from({ length: 10 }, (_, index) => JSON.stringify(event(index)))
    await writeFile(seed, [...lines, '{"eventId":1}', ''].join('\n'))

    const imported = await run(['import', seed])
    expect(imported).toMatchObject({ code: 2 })
    expect(imported.stdout).toContain('10 events imported; 0 were there, 0 are of erased people, 1 were refused.')
    expect(imported.stdout).toContain('Line 11: schemaVersion is no')

    const out = join(folder, 'out.ndjson.gz')
    const range = ['--from', '2026-01-01', '--to', '2026-01-04']
    const written = await run(['export', ...range, '--out', out])
    expect(written).toMatchObject({ code: 0, stderr: expect.stringContaining('2026-01-04 done') })
    expect(
      gunzipSync(await readFile(out))
        .toString()
        .trimEnd()
        .split('\n'),
    ).toHaveLength(4)

    expect(await run(['export', ...range, '--out', out])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is there already: --force writes over it.'),
    })
    const piped = await run(['export', ...range, '--user', 'user-1', '--out', '-', '--json'])
    expect(JSON.parse(gunzipSync(piped.bytes).toString())).toMatchObject({ userId: 'user-1', eventType: 'view' })
    expect(JSON.parse(piped.stderr)).toEqual({ file: '-', bytes: piped.bytes.length })
  }, 60_000)

  it('say what is missing, and leave no half a file', async () => {
    expect((await run(['import', 'x.gz'], { WITHOUT: '1' })).stderr).toContain('The config has no analytics')
    expect((await run(['import', join(folder, 'none.gz')])).stderr).toContain('no such file')
    expect((await run(['export', '--from', '2026-01-01'])).stderr).toContain('--out is missing.')
    const out = join(folder, 'no-such-folder', 'out.gz')
    expect((await run(['export', '--from', '2026-01-01', '--out', out])).stderr).toContain('no such file')
    await expect(access(`${out}.part`)).rejects.toThrow()
  }, 60_000)
})
