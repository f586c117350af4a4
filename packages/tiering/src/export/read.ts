import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { AnalyticsError, parseStoredEvent, type RefusedEvent, type StoredEvent } from '@analytics/protocol'

/** A line of an export: an event, or why it is none. */
export type ExportedEvent = { line: number } & ({ ok: true; event: StoredEvent } | RefusedEvent)

/** More characters than any event has. */
const MOST_CHARACTERS = 1024 ** 2

/**
 * Reads what `export` has written, or NDJSON that is not compressed, in bounded memory. Nothing in it is trusted: a line that is no
 * event is told as such, and what follows is read.
 * @throws AnalyticsError `invalid_json` where the file is cut off or damaged.
 * @example
 * for await (const line of readExport(createReadStream('events.ndjson.gz'))) if (line.ok) console.log(line.event.eventType)
 */
export async function* readExport(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ExportedEvent> {
  let number = 0
  for await (const line of lines(inflated(bytes))) {
    number++
    if (line.trim() !== '') yield { line: number, ...parseLine(line) }
  }
}

function parseLine(line: string): ReturnType<typeof parseStoredEvent> {
  try {
    return parseStoredEvent(JSON.parse(line))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return { ok: false, eventId: null, code: 'invalid_json', field: '', message: 'The line is not JSON.' }
  }
}

/** The bytes as text. No JSON begins with the first byte of gzip. */
async function* inflated(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const source = bytes[Symbol.asyncIterator]()
  let first = await source.next()
  while (first.value?.length === 0) first = await source.next()
  async function* all() {
    try {
      for (let next = first; !next.done; next = await source.next()) yield next.value
    } finally {
      await source.return?.()
    }
  }
  const plain = Readable.from(all(), { objectMode: false })
  // The pipeline hands an error of the source on to whoever reads.
  const stream = first.value?.[0] === 0x1f ? pipeline(plain, createGunzip(), () => {}) : plain
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) yield decoder.decode(chunk, { stream: true })
    yield decoder.decode()
  } catch (cause) {
    const code = String((cause as { code?: unknown }).code)
    if (!/^(Z_|ERR_ENCODING)/.test(code)) throw cause
    throw new AnalyticsError('invalid_json', 'The file is cut off or damaged: what came before it was read.', { cause })
  }
}

async function* lines(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = ''
  for await (const text of texts) {
    const parts = (rest + text).split('\n')
    rest = parts.pop()!
    yield* parts
    if (rest.length > MOST_CHARACTERS) throw new AnalyticsError('invalid_json', 'A line is longer than any event.')
  }
  if (rest !== '') yield rest
}
