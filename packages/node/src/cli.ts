#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { errorCode } from '@analytics/protocol'
import { SCHEMA_STORES, type SchemaStore, schemaScript } from './schema/script.js'

const USAGE = `Prints the tables of a store, for a DBA to run.

  npx @analytics/node schema <${SCHEMA_STORES.join(' | ')}> [options]

  --prefix <text>    in front of every table name (pf_)
  --from <number>    only what has changed since this version of the schema
  --version <text>   Oracle's release: 19c or 23ai (19c)
  --help             this text`

/** @throws Error with a text for whoever typed the command. */
function run(): string {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      prefix: { type: 'string' },
      from: { type: 'string' },
      version: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  const [command, store, ...rest] = positionals
  if (values.help) return `${USAGE}\n`
  if (command !== 'schema' || rest.length > 0 || !SCHEMA_STORES.includes(store as SchemaStore)) throw new Error(USAGE)
  const { prefix, from, version } = values
  if (version !== undefined && version !== '19c' && version !== '23ai') throw new Error('--version is 19c or 23ai.')
  return schemaScript({ store: store as SchemaStore, prefix, version, from: from === undefined ? 0 : Number(from) })
}

// A reader such as `head` may leave before the end.
process.stdout.on('error', () => process.exit())

try {
  process.stdout.write(run())
} catch (error) {
  const { message } = error as Error
  process.stderr.write(`${errorCode(error) ? `${errorCode(error)}: ` : ''}${message}\n`)
  process.exitCode = 1
}
