import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { parquetFormat } from '../../src/formats/parquet.js'
import { localSource } from '../../src/read/segment-file.js'
import type { SegmentFormat } from '../../src/segment-format.js'
import { numberEvents, sampleEvents, segmentFormatContract } from '../../src/testing/index.js'
import { runContract } from '../run-contract.js'
import { tempDir } from '../temp-dir.js'

const root = tempDir()
const formats: SegmentFormat[] = []
const openFormat = (options: Parameters<typeof parquetFormat>[0]) => {
  const format = parquetFormat({ tempDir: root, ...options })
  formats.push(format)
  return format
}
afterAll(() => Promise.all(formats.map((format) => format.close())))

describe.each([
  ['at once', {}],
  ['in buckets', { bucketRows: 100 }],
])('parquetFormat that sorts %s', (_name, options) => {
  const format = openFormat(options)
  runContract(segmentFormatContract, async () => ({ context: { format, dir: mkdtempSync(join(root, 'segments-')) } }))
})

async function writeSample(format: SegmentFormat, count: number) {
  const rows = numberEvents(sampleEvents({ count }))
  const path = join(mkdtempSync(join(root, 'segments-')), 'a.parquet')
  const stats = await format.write(
    (async function* () {
      yield rows
    })(),
    path,
  )
  return { rows, path, stats }
}

async function query(sql: string) {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const rows = (await connection.runAndReadAll(sql)).getRowObjectsJson()
  connection.closeSync()
  instance.closeSync()
  return rows
}

describe('the files of parquetFormat', () => {
  const format = openFormat({})

  it('are sorted by person, time and id, in small row groups with zstd', async () => {
    const { path } = await writeSample(format, 20_000)
    const rows = await query(`SELECT coalesce(user_id, anonymous_id) w, event_timestamp t, event_id i FROM '${path}'`)
    const keys = rows.map(({ w, t, i }) => `${w}\0${t}\0${i}`)
    expect(keys).toEqual([...keys].sort())
    const [groups] = await query(
      `SELECT max(row_group_num_rows)::INTEGER n, min(compression) c FROM parquet_metadata('${path}')`,
    )
    expect(groups).toMatchObject({ c: 'ZSTD' })
    expect(groups!.n).toBeLessThan(2 * 8192)
    const columns = await query(`SELECT column_name n, column_type t FROM (DESCRIBE SELECT * FROM '${path}')`)
    expect(columns).toContainEqual({ n: 'event_timestamp', t: 'TIMESTAMP' })
    expect(columns).toContainEqual({ n: 'properties', t: 'VARCHAR' })
    expect(columns.slice(-2)).toEqual([
      { n: 'person', t: 'INTEGER' },
      { n: 'person_id', t: 'VARCHAR' },
    ])
  })

  it('are sorted as a whole when a day is split into buckets', async () => {
    const split = openFormat({ bucketRows: 1000 })
    const { path, stats } = await writeSample(split, 5000)
    expect(stats.sortOrder).toBe('person_id, event_timestamp, event_id')
    const rows = await query(`SELECT coalesce(user_id, anonymous_id) w, event_timestamp t, event_id i FROM '${path}'`)
    const keys = rows.map(({ w, t, i }) => `${w}\0${t}\0${i}`)
    expect(keys).toEqual([...keys].sort())
  })

  it('hold the same instants whatever the time zone of the process', async () => {
    const { rows, path } = await writeSample(format, 300)
    const script = `
      import { parquetFormat } from ${JSON.stringify(join(import.meta.dirname, '../../src/formats/parquet.ts'))}
      const format = parquetFormat()
      const source = { size: 0, file: async () => ${JSON.stringify(path)} }
      const request = { from: ${Date.UTC(2026, 7, 1, 6)}, to: ${Date.UTC(2026, 7, 1, 18)}, matches: [{}] }
      let [count, sum] = [0, 0]
      for await (const { length, time } of format.scan(source, request)) {
        count += length
        for (let i = 0; i < length; i++) sum += time[i] % 1e6
      }
      console.log(JSON.stringify([count, sum]))
      await format.close()`
    const tsx = join(import.meta.dirname, '../../../../node_modules/.bin/tsx')
    const tsconfig = join(import.meta.dirname, '../../../../tsconfig.json')
    const file = join(root, 'zone.mts')
    writeFileSync(file, script)
    const output = execFileSync(tsx, ['--tsconfig', tsconfig, file], {
      env: { ...process.env, TZ: 'America/St_Johns' },
      cwd: join(import.meta.dirname, '../..'),
    })
    const within = rows.filter(({ eventTimestamp: t }) => t >= Date.UTC(2026, 7, 1, 6) && t < Date.UTC(2026, 7, 1, 18))
    const sum = within.reduce((total, { eventTimestamp }) => total + (eventTimestamp % 1e6), 0)
    expect(JSON.parse(output.toString())).toEqual([within.length, sum])
  })

  it('are not written without rows', async () => {
    const dir = mkdtempSync(join(root, 'segments-'))
    const empty = (async function* () {})()
    await expect(format.write(empty, join(dir, 'a'))).rejects.toMatchObject({ code: 'internal' })
    expect(readdirSync(dir)).toEqual([])
  })
})

describe('rows that are lent to parquetFormat', () => {
  async function lend(count: number) {
    const rows = numberEvents(sampleEvents({ count }))
    const { path } = await writeSample(openFormat({}), count)
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    await connection.run(`CREATE TABLE hot AS FROM '${path}'`)
    const lent = { from: 'hot', where: "event_type <> 'none'", connect: () => instance.connect() }
    return { rows, lent, connection }
  }

  it.each([
    ['at once', {}],
    ['in buckets', { bucketRows: 1000 }],
  ])('give the same file as rows that are streamed, sorted %s', async (_name, options) => {
    const { lent } = await lend(6_000)
    const format = openFormat(options)
    const streamed = await writeSample(format, 6_000)
    const path = join(mkdtempSync(join(root, 'segments-')), 'lent.parquet')
    const stats = await format.writeLent!(lent, path)
    expect(stats).toMatchObject({ ...streamed.stats, size: expect.any(Number) })
    expect(await format.summarize(localSource(path, stats.size))).toEqual({
      rows: 6_000,
      rowHash: stats.rowHash,
      minTime: stats.minTime,
      maxTime: stats.maxTime,
    })
    const [lentRows, streamedRows] = await Promise.all(
      [path, streamed.path].map((file) => query(`SELECT * FROM '${file}'`)),
    )
    expect(lentRows).toEqual(streamedRows)
  })

  it('leave nothing behind when they are aborted', async () => {
    const { lent } = await lend(20_000)
    const dir = mkdtempSync(join(root, 'segments-'))
    const abort = new AbortController()
    const writing = openFormat({ bucketRows: 500 }).writeLent!(lent, join(dir, 'a'), { signal: abort.signal })
    setTimeout(() => abort.abort(), 30)
    await expect(writing).rejects.toMatchObject({ code: 'aborted' })
    expect(readdirSync(dir)).toEqual([])
  })
})

describe('parquetFormat', () => {
  it('refuses options that make no sense, naming the field', () => {
    for (const [field, options] of [
      ['memoryLimit', { memoryLimit: 'lots' }],
      ['threads', { threads: 0 }],
      ['bucketRows', { bucketRows: 1.5 }],
    ] as const) {
      expect(() => parquetFormat(options)).toThrow(expect.objectContaining({ code: 'invalid_options', field }))
    }
  })

  it('names the package that is missing', async () => {
    vi.doMock('@duckdb/node-api', () => {
      throw new Error('Cannot find package')
    })
    const format = parquetFormat()
    const reading = format.readAll(localSource('/nowhere', 0))[Symbol.asyncIterator]()
    await expect(reading.next()).rejects.toMatchObject({
      code: 'missing_dependency',
      message: expect.stringContaining('@duckdb/node-api'),
    })
    vi.doUnmock('@duckdb/node-api')
  })

  it('refuses to work once it is closed, and closes twice', async () => {
    const format = parquetFormat({ tempDir: mkdtempSync(join(root, 'closed-')) })
    await writeSample(format, 10)
    await format.close()
    await format.close()
    await expect(writeSample(format, 10)).rejects.toMatchObject({ code: 'closed' })
  })
})
