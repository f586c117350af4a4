import { createReadStream, createWriteStream } from 'node:fs'
import { access, rename, rm } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AnalyticsError, type StoredEvent } from '@analytics/protocol'
import { readExport } from '../export/read.js'
import type { Arguments } from './arguments.js'
import { type Command, type CommandContext, rangeOf } from './command.js'
import { bytes } from './format.js'

/** The commands that move events to files and back. */
export const EXPORT_COMMANDS: Readonly<Record<string, Command>> = {
  export: {
    usage: 'export --from <day> [--to <day>] --out <file> [--user <id>] [--force]',
    does: 'writes events of every tier as NDJSON, gzip; --out - is the standard output',
    async run(context) {
      const { out, force } = context.arguments
      if (out === undefined) throw new AnalyticsError('invalid_options', '--out is missing.', { field: 'out' })
      const isPiped = out === '-'
      if (!isPiped && !force) await assertFree(out)
      const size = isPiped ? await writeTo(context, process.stdout) : await writeFile(context, out)
      return { data: { file: out, bytes: size }, text: `${bytes(size)} written to ${out}.`, hasWritten: isPiped }
    },
  },
  import: {
    usage: 'import <file>',
    does: 'stores the events of an export; those that are there already count once, those of erased people are left out',
    async run(context) {
      const { analytics, arguments: given, signal } = context
      const file = given.words[1]
      if (file === undefined) throw new AnalyticsError('invalid_options', 'Name a file.', { field: 'file' })
      if (!analytics)
        throw new AnalyticsError(
          'invalid_options',
          'The config has no analytics: who was erased, and must not come back, only createAnalytics knows.',
          { field: 'analytics' },
        )
      const refused: RefusedLines = { count: 0, first: [] }
      let told = 0
      const counts = await analytics.import(goodEvents(file, refused), {
        signal,
        onProgress({ imported }) {
          if (imported < told + TOLD_EVERY) return
          told = imported
          process.stderr.write(`${imported.toLocaleString('en-US')} imported\n`)
        },
      })
      const rejected = counts.rejected + refused.count
      const { imported, duplicates, dropped } = counts
      const lines = [
        `${imported} events imported; ${duplicates} were there, ${dropped} are of erased people, ${rejected} were refused.`,
        ...refused.first.map(({ line, message }) => `Line ${line}: ${message}`),
      ]
      return { data: { ...counts, rejected, refused: refused.first }, text: lines.join('\n'), isBad: rejected > 0 }
    },
  },
}

/** Lines that are no events, of which the first are explained. */
interface RefusedLines {
  count: number
  first: { line: number; field: string; message: string }[]
}

const EXPLAINED_LINES = 20
const TOLD_EVERY = 50_000

async function* goodEvents(file: string, refused: RefusedLines): AsyncGenerator<StoredEvent> {
  for await (const line of readExport(createReadStream(file))) {
    if (line.ok) yield line.event
    else if (++refused.count <= EXPLAINED_LINES)
      refused.first.push({ line: line.line, field: line.field, message: line.message })
  }
}

async function assertFree(file: string): Promise<void> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  )
  if (isThere)
    throw new AnalyticsError('invalid_options', `${file} is there already: --force writes over it.`, { field: 'out' })
}

/** The file is there whole, or as it was before. */
async function writeFile(context: CommandContext, file: string): Promise<number> {
  const part = `${file}.part`
  try {
    const size = await writeTo(context, createWriteStream(part))
    await rename(part, file)
    return size
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}

async function writeTo({ tiering, arguments: given, signal, onProgress }: CommandContext, output: Writable) {
  let size = 0
  const exported = tiering.export({
    ...rangeOf(given),
    ...usersOf(given),
    signal,
    onDay: (day) => onProgress({ day, step: 'done' }),
  })
  await pipeline(
    async function* () {
      for await (const member of exported) {
        size += member.byteLength
        yield member
      }
    },
    output,
    { end: output !== process.stdout },
  )
  return size
}

function usersOf({ users }: Arguments): { userIds?: readonly string[] } {
  return users.length > 0 ? { userIds: users } : {}
}
