#!/usr/bin/env node
import { errorCode } from '@analytics/protocol'
import { type Arguments, readArguments } from './cli/arguments.js'
import type { Command } from './cli/command.js'
import { COMMANDS } from './cli/commands.js'
import { openTiering } from './cli/open.js'
import { NO_PROGRESS, progressDisplay } from './cli/progress.js'

const WIDTH = Math.max(...Object.values(COMMANDS).map(({ usage }) => usage.length))

const USAGE = `Moves days of events to object storage, and looks after them.

  analytics-tiering <command> [options]

${Object.values(COMMANDS)
  .map(({ usage, does }) => `  ${usage.padEnd(WIDTH)}  ${does}`)
  .join('\n')}

  --url <url>        lets a running server do it: where its handler is mounted, https://app.example/analytics
  --key-file <file>  the server's admin key (the environment variable ANALYTICS_ADMIN_KEY)
  --config <file>    does it here: a module whose default export is a tiering, or { tiering, analytics, close },
                     or a function that returns one (analytics.config.mjs)
  --json             for programs
  --help             this text

Exit code: 0 if all is well, 1 after an error, 2 where something failed or is not as it should be.
A DuckDB file has one owner: while the server runs, let it do the work with --url.
`

/** The command that these words begin with. */
function findCommand({ words }: Arguments): Command | undefined {
  return COMMANDS[`${words[0]} ${words[1]}`] ?? COMMANDS[String(words[0])]
}

async function main(): Promise<void> {
  const given = readArguments(process.argv.slice(2))
  if (given.help) {
    process.stdout.write(USAGE)
    return
  }
  const command = findCommand(given)
  if (!command) throw new Error(USAGE)
  const stop = new AbortController()
  // The first asks to end in order, the second ends.
  process.once('SIGINT', () => stop.abort())
  const { close, ...opened } = await openTiering(given, process.env)
  const progress = given.json ? NO_PROGRESS : progressDisplay(process.stderr, process.env)
  try {
    const { data, text, isBad, hasWritten } = await command
      .run({ ...opened, arguments: given, signal: stop.signal, onProgress: progress.tell })
      .finally(progress.end)
    const output = hasWritten ? process.stderr : process.stdout
    output.write(`${given.json ? JSON.stringify(data, null, 2) : text}\n`)
    if (isBad) process.exitCode = 2
  } finally {
    await close?.()
  }
}

// A reader such as `head` may leave before the end.
process.stdout.on('error', () => process.exit())

main().catch((error: Error) => {
  process.stderr.write(`${errorCode(error) ? `${errorCode(error)}: ` : ''}${error.message}\n`)
  process.exitCode = 1
})
