import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import type { NumberedEvent } from '@analytics/protocol'
import { matchesEvent, matchesFilter, propertyValue } from '@analytics/protocol/filter'
import type { SegmentFormat, SegmentSource } from '../src/segment-format.js'
import { idHash } from '../src/segments/id-hash.js'
import { createRowSummer } from '../src/segments/row-hash.js'

async function rowsOf(source: SegmentSource): Promise<NumberedEvent[]> {
  const lines = (await readFile(await source.file(), 'utf8')).split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line))
}

const byTime = (a: NumberedEvent, b: NumberedEvent): number =>
  a.eventTimestamp - b.eventTimestamp || (a.eventId < b.eventId ? -1 : 1)

/** A line of JSON for each row: quick, so that a move can be cut off at every call in a few seconds. */
export function jsonFormat(): SegmentFormat {
  const format: SegmentFormat = {
    name: 'json',
    extension: '.ndjson',
    compression: 'none',
    async write(rows, path, { signal } = {}) {
      const written: NumberedEvent[] = []
      for await (const batch of rows) written.push(...batch)
      signal?.throwIfAborted()
      await rm(path, { force: true })
      await writeFile(
        path,
        written
          .sort(byTime)
          .map((row) => `${JSON.stringify(row)}\n`)
          .join(''),
      )
      const times = written.map(({ eventTimestamp }) => eventTimestamp)
      const { size } = await stat(path)
      const span = { minTime: Math.min(...times), maxTime: Math.max(...times) }
      return { rows: written.length, size, ...span, schemaId: 'json-1', sortOrder: 'event_timestamp, event_id' }
    },
    async *idHashes(source) {
      yield BigUint64Array.from(await rowsOf(source), ({ eventId }) => idHash(eventId)).sort()
    },
    async prefetch(source) {
      await source.file()
    },
    async *scan(source, request) {
      const rows = (await rowsOf(source)).filter(
        (row) =>
          row.eventTimestamp >= request.from &&
          row.eventTimestamp < request.to &&
          (!request.where || matchesFilter(row, request.where)) &&
          request.matches.some((match) => matchesEvent(row, match)),
      )
      yield {
        length: rows.length,
        time: Float64Array.from(rows, ({ eventTimestamp }) => eventTimestamp),
        person: Int32Array.from(rows, ({ person }) => person),
        matches: Uint32Array.from(rows, (row) =>
          request.matches.reduce((bits, match, i) => bits + (matchesEvent(row, match) ? 2 ** i : 0), 0),
        ),
        columns: Object.fromEntries(
          (request.columns ?? []).map((name) => [name, rows.map((row) => propertyValue(row, name))]),
        ),
      }
    },
    async *readEvents(source, { from, to, where, order, limit }) {
      const rows = (await rowsOf(source)).filter(({ eventTimestamp: t }) => t >= from && t < to)
      const found = rows.filter((row) => !where || matchesFilter(row, where)).map(({ person: _, ...event }) => event)
      yield (order === 'desc' ? found.reverse() : found).slice(0, limit)
    },
    async *personHashes(source) {
      const people = (await rowsOf(source)).map(({ userId, anonymousId }) => userId ?? anonymousId)
      yield BigUint64Array.from([...new Set(people.filter((one) => one !== null))], idHash)
    },
    async summarize(source, { where } = {}) {
      const summer = createRowSummer()
      summer.add((await rowsOf(source)).filter((row) => !where || matchesFilter(row, where)))
      return summer.summary()
    },
    async *readAll(source) {
      yield await rowsOf(source)
    },
    async merge(sources, path, { where, ...options } = {}) {
      const rows = async function* () {
        for (const source of sources) yield (await rowsOf(source)).filter((row) => !where || matchesFilter(row, where))
      }
      return format.write(rows(), path, options)
    },
    async close() {},
  }
  return format
}
