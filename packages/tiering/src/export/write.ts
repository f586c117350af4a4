import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { StoredEvent } from '@analytics/protocol'
import type { TieringContext } from '../context.js'
import { type ScanOptions, scanTiers } from '../read/scan.js'

/** Which events to export: whole ones. */
export type ExportOptions = Omit<ScanOptions, 'columns'>

/** Characters of a member before it is compressed: smaller ones compress worse. */
const MEMBER_CHARACTERS = 1024 ** 2

const compress = promisify(gzip)

/** Events as NDJSON in gzip members; while one is compressed the next is read. */
export async function* exportEvents(context: TieringContext, options: ExportOptions): AsyncGenerator<Uint8Array> {
  let compressing: Promise<Uint8Array> | undefined
  for await (const text of members(scanTiers(context, options))) {
    const previous = compressing
    compressing = compress(text)
    // Whoever stops early leaves it behind.
    compressing.catch(() => {})
    if (previous) yield previous
  }
  if (compressing) yield compressing
}

async function* members(events: AsyncIterable<StoredEvent>): AsyncGenerator<string> {
  let text = ''
  for await (const event of events) {
    text += `${JSON.stringify(event)}\n`
    if (text.length < MEMBER_CHARACTERS) continue
    yield text
    text = ''
  }
  if (text !== '') yield text
}
