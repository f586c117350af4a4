import assert from 'node:assert/strict'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type EventsRequest,
  errorCode,
  type Filter,
  type NumberedEvent,
  type ScanRequest,
  type StoredEvent,
} from '@analytics/protocol'
import { compareText, matchesEvent, matchesFilter, propertyValue } from '@analytics/protocol/filter'
import type { ContractCase } from '@analytics/protocol/testing'
import { subjectFilter } from '../erasure/subject.js'
import { localSource } from '../read/segment-file.js'
import type { SegmentFormat, SegmentSource } from '../segment-format.js'
import { idHash } from '../segments/id-hash.js'
import { createRowSummer, type RowSummary, subtractRowHash } from '../segments/row-hash.js'
import { numberEvents, sampleEvents } from './sample-events.js'

/** What a case of {@link segmentFormatContract} gets. */
export interface SegmentFormatContext {
  format: SegmentFormat
  /** An empty folder of its own. */
  dir: string
}

const ALL = { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER }

async function* inBatches<Row>(rows: readonly Row[], size = 700): AsyncGenerator<readonly Row[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size)
}

async function collect<Row>(batches: AsyncIterable<readonly Row[]>): Promise<Row[]> {
  const rows: Row[] = []
  for await (const batch of batches) rows.push(...batch)
  return rows
}

async function written({ format, dir }: SegmentFormatContext, rows: readonly NumberedEvent[]): Promise<SegmentSource> {
  const path = join(dir, `segment${format.extension}`)
  const { size, footerSize } = await format.write(inBatches(rows), path)
  return { ...localSource(path, size), ...(footerSize === undefined ? {} : { footerSize }) }
}

/** What a scan yields, a row an item. */
async function scanned(format: SegmentFormat, source: SegmentSource, request: ScanRequest): Promise<unknown[][]> {
  const rows: unknown[][] = []
  for await (const { length, time, person, matches, columns } of format.scan(source, request)) {
    for (let i = 0; i < length; i++) {
      rows.push([time[i], person[i], matches[i], ...(request.columns ?? []).map((name) => columns[name]?.at(i))])
    }
  }
  return rows
}

/** What a scan should yield, by the definition of a filter. */
function expectedScan(rows: readonly NumberedEvent[], request: ScanRequest): unknown[][] {
  const found: unknown[][] = []
  for (const row of rows) {
    const isWithin = row.eventTimestamp >= request.from && row.eventTimestamp < request.to
    if (!isWithin || (request.where && !matchesFilter(row, request.where))) continue
    const bits = request.matches.reduce((mask, match, i) => mask + (matchesEvent(row, match) ? 2 ** i : 0), 0)
    const columns = (request.columns ?? []).map((name) => propertyValue(row, name))
    if (bits > 0) found.push([row.eventTimestamp, row.person, bits, ...columns])
  }
  return found
}

function bySortKey(rows: readonly unknown[][]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort()
}

/** Throws unless a scan and a read of whole events answer as evaluating the request on each row does. */
export async function assertReadsLikeRows(
  format: SegmentFormat,
  source: SegmentSource,
  rows: readonly NumberedEvent[],
  request: ScanRequest,
): Promise<void> {
  const actual = await scanned(format, source, request)
  assert.deepEqual(bySortKey(actual), bySortKey(expectedScan(rows, request)))
  const times = actual.map(([time]) => time as number)
  assert.ok(
    times.every((time, i) => i === 0 || times[i - 1]! <= time),
    'a scan is in order of time',
  )
  const { from, to, where } = request
  await assertReadsEvents(format, source, rows, { from, to, ...(where ? { where } : {}) })
}

async function assertReadsEvents(
  format: SegmentFormat,
  source: SegmentSource,
  rows: readonly NumberedEvent[],
  request: EventsRequest,
): Promise<void> {
  const sign = request.order === 'desc' ? -1 : 1
  const order = (a: { eventTimestamp: number; eventId: string }, b: typeof a): number =>
    sign * (a.eventTimestamp - b.eventTimestamp || compareText(a.eventId, b.eventId))
  const { after } = request
  const expected = rows
    .filter((row) => row.eventTimestamp >= request.from && row.eventTimestamp < request.to)
    .filter((row) => !request.where || matchesFilter(row, request.where))
    .filter((row) => !after || order(row, { eventTimestamp: after.time, eventId: after.eventId }) > 0)
    .sort(order)
    .slice(0, request.limit)
    .map(({ person: _, ...event }): StoredEvent => event)
  assert.deepEqual(await collect(format.readEvents(source, request)), expected)
}

function summaryOf(rows: readonly NumberedEvent[]): RowSummary {
  const summer = createRowSummer()
  summer.add(rows)
  return summer.summary()
}

/** Numbers that are spelled in as many ways as there are: whole, in parts, at either end of the powers. */
function numberOf(i: number): number | null {
  const special = [null, 0, -0, 0.1, -1.5, 2 ** 53, Number.MAX_VALUE, Number.MIN_VALUE, 1 / 3, -12345.678]
  return i < special.length ? special[i]! : (i % 2 ? 1 : -1) * (i / 7) * 10 ** ((i % 50) - 25)
}

/** No text, an empty one, and texts that could be taken for what is put between values. */
function textOf(i: number): string | null {
  return [null, '', '\u001e', '\u001f', 'ü😀', "'"][i % 6]!
}

const personOf = ({ userId, anonymousId }: StoredEvent): string => userId ?? anonymousId!

/** The source as a store gives it: a file that has only the parts that were asked for, and other bytes between them. */
async function partialSource(
  whole: SegmentSource,
  path: string,
): Promise<{ source: SegmentSource; remove(): Promise<void> }> {
  const bytes = await readFile(await whole.file())
  const local = Buffer.alloc(bytes.byteLength, 0xff)
  return {
    source: {
      ...whole,
      async file(parts = [{ start: 0, end: bytes.byteLength }]) {
        for (const { start, end } of parts) bytes.copy(local, start, start, end)
        await writeFile(path, local)
        return path
      },
    },
    remove: () => rm(path, { force: true }),
  }
}

/** What every format of segments does. */
export const segmentFormatContract: readonly ContractCase<SegmentFormatContext>[] = [
  {
    name: 'reads back every row as it was written',
    async run(context) {
      const rows = numberEvents(sampleEvents({ count: 3000 }))
      const source = await written(context, rows)
      const read = await collect(context.format.readAll(source))
      const byId = (a: NumberedEvent, b: NumberedEvent): number => compareText(a.eventId, b.eventId)
      assert.deepEqual(read.sort(byId), [...rows].sort(byId))
    },
  },
  {
    name: 'says how many rows there are, when they happened and how large the file is',
    async run({ format, dir }) {
      const rows = numberEvents(sampleEvents({ count: 50 }))
      const stats = await format.write(inBatches(rows), join(dir, 'segment'))
      const times = rows.map(({ eventTimestamp }) => eventTimestamp)
      assert.deepEqual([stats.rows, stats.minTime, stats.maxTime], [50, Math.min(...times), Math.max(...times)])
      assert.ok(stats.size > 0 && stats.schemaId !== '' && stats.sortOrder !== '')
    },
  },
  {
    name: 'answers scans of any filters, matches and columns as evaluating them on each row does',
    async run(context) {
      const rows = numberEvents(sampleEvents({ count: 2500 }))
      const source = await written(context, rows)
      const times = rows.map(({ eventTimestamp }) => eventTimestamp).sort((a, b) => a - b)
      await assertReadsLikeRows(context.format, source, rows, {
        from: times[100]!,
        to: times[2000]!,
        where: { not: { property: 'country', op: 'eq', value: 'US' } },
        matches: [
          { eventTypes: ['page_view', 'click'] },
          { where: { property: 'properties.amount', op: 'gte', value: 9.99 } },
          { where: { property: 'properties.nested.deep.1', op: 'exists' } },
          { where: { property: 'eventLabel', op: 'contains', value: "'" } },
        ],
        columns: [
          'eventType',
          'eventValue',
          'receivedTimestamp',
          'properties.amount',
          'properties.nested.deep.level',
          'no',
        ],
      })
    },
  },
  {
    name: 'fills all 32 bits of the matches',
    async run(context) {
      const rows = numberEvents(sampleEvents({ count: 300 }))
      const source = await written(context, rows)
      const matches = Array.from({ length: 32 }, (_, i) => (i % 2 ? {} : { eventTypes: ['click'] }))
      await assertReadsLikeRows(context.format, source, rows, { ...ALL, matches })
    },
  },
  {
    name: 'reads whole events in both orders, page by page',
    async run(context) {
      const sample = sampleEvents({ count: 2500 })
      // Many at one instant: there the id decides.
      const rows = numberEvents(
        sample.map((event, i) => (i % 3 ? event : { ...event, eventTimestamp: sample[0]!.eventTimestamp })),
      )
      const source = await written(context, rows)
      for (const order of ['asc', 'desc'] as const) {
        await assertReadsEvents(context.format, source, rows, { ...ALL, order })
        const middle = rows[0]!
        const after = { time: middle.eventTimestamp, eventId: middle.eventId }
        await assertReadsEvents(context.format, source, rows, { ...ALL, order, after, limit: 77 })
      }
    },
  },
  {
    name: 'names each person once',
    async run(context) {
      const rows = numberEvents(sampleEvents({ count: 2000 }))
      const people: bigint[] = []
      for await (const some of context.format.personHashes(await written(context, rows))) people.push(...some)
      const expected = [...new Set(rows.map((row) => personOf(row)))].map(idHash)
      assert.deepEqual(BigUint64Array.from(people).sort(), BigUint64Array.from(expected).sort())
    },
  },
  {
    name: 'gives what stands for the id of each event, ascending',
    async run(context) {
      const rows = numberEvents(sampleEvents({ count: 3000 }))
      const hashes: bigint[] = []
      for await (const some of context.format.idHashes(await written(context, rows))) hashes.push(...some)
      assert.deepEqual(hashes, [...BigUint64Array.from(rows, ({ eventId }) => idHash(eventId)).sort()])
    },
  },
  {
    name: 'reads the events of a few people the same from the parts that it asks for',
    async run(context) {
      const rows = numberEvents(sampleEvents({ count: 9000, users: 2000 }))
      const whole = await written(context, rows)
      for (const ids of [['user-7'], ['visitor-3', 'user-1200'], ['nobody']]) {
        const where: Filter = {
          or: [
            { property: 'userId', op: 'in', value: ids },
            {
              and: [
                { property: 'userId', op: 'notExists' },
                { property: 'anonymousId', op: 'in', value: ids },
              ],
            },
          ],
        }
        const { source, remove } = await partialSource(whole, join(context.dir, 'parts'))
        await assertReadsLikeRows(context.format, source, rows, {
          ...ALL,
          where,
          matches: [{}],
          columns: ['eventLabel'],
        })
        await remove()
      }
    },
  },
  {
    name: 'makes one text of half a surrogate pair, so that the rows still compare',
    async run(context) {
      const [event] = sampleEvents({ count: 1 })
      const rows = numberEvents([
        { ...event!, eventLabel: 'a\ud83d', properties: { 'k\udc00': ['\ud83d!', '\\ud83d'] } },
      ])
      const source = await written(context, rows)
      assert.deepEqual(await context.format.summarize(source), summaryOf(rows))
      assert.deepEqual(summaryOf(await collect(context.format.readAll(source))), summaryOf(rows))
    },
  },
  {
    name: 'sums up what it holds as the rows add up',
    async run(context) {
      const sample = sampleEvents({ count: 1200 })
      const rows = numberEvents(
        sample.map((event, i) => ({ ...event, eventValue: numberOf(i), eventLabel: textOf(i) })),
      )
      assert.deepEqual(await context.format.summarize(await written(context, rows)), summaryOf(rows))
    },
  },
  {
    name: 'sums up and merges only what a filter lets through',
    async run(context) {
      const rows = numberEvents(sampleEvents({ count: 3000, users: 200 }))
      const source = await written(context, rows)
      const ids = ['user-7', 'visitor-3']
      const isTheirs = ({ userId, anonymousId }: NumberedEvent): boolean => ids.includes(userId ?? anonymousId ?? '')
      const where: Filter = subjectFilter({ userIds: ids, anonymousIds: ids })
      const theirs = summaryOf(rows.filter(isTheirs))
      assert.ok(theirs.rows > 0)
      assert.deepEqual(await context.format.summarize(source, { where }), theirs)
      const path = join(context.dir, 'others')
      const stats = await context.format.merge([source], path, { where: { not: where } })
      const others = rows.filter((row) => !isTheirs(row))
      assert.equal(stats.rows, others.length)
      const left = { size: stats.size, file: async () => path }
      assert.deepEqual(summaryOf(await collect(context.format.readAll(left))), summaryOf(others))
      assert.equal((await context.format.summarize(left, { where })).rows, 0)
      assert.equal(subtractRowHash(summaryOf(rows).rowHash, theirs.rowHash), summaryOf(others).rowHash)
    },
  },
  {
    name: 'leaves no file when the rows fail or the signal aborts',
    async run({ format, dir }) {
      const rows = numberEvents(sampleEvents({ count: 100 }))
      async function* broken(): AsyncGenerator<readonly NumberedEvent[]> {
        yield rows
        throw new Error('the source broke')
      }
      await assert.rejects(format.write(broken(), join(dir, 'a')), /the source broke/)
      const signal = AbortSignal.abort()
      await assert.rejects(
        format.write(inBatches(rows), join(dir, 'b'), { signal }),
        (error) => errorCode(error) === 'aborted',
      )
      assert.deepEqual(await readdir(dir), [])
    },
  },
  {
    name: 'stops reading when the reader leaves or the signal aborts',
    async run(context) {
      const source = await written(context, numberEvents(sampleEvents({ count: 5000 })))
      for await (const _ of context.format.readAll(source)) break
      const abort = new AbortController()
      const read = async (): Promise<void> => {
        for await (const _ of context.format.scan(source, { ...ALL, matches: [{}], signal: abort.signal }))
          abort.abort()
      }
      await assert.rejects(read(), (error) => errorCode(error) === 'aborted')
    },
  },
]
