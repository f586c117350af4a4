import { parseArgs } from 'node:util'
import { analyses } from './benchmarks/analyses.js'
import { funnel } from './benchmarks/funnel.js'
import { funnelEngines } from './benchmarks/funnel-engines.js'
import { ingest } from './benchmarks/ingest.js'
import { insert } from './benchmarks/insert.js'
import { memory } from './benchmarks/memory.js'
import { move } from './benchmarks/move.js'
import { person } from './benchmarks/person.js'
import { recover } from './benchmarks/recover.js'
import { rollup } from './benchmarks/rollup.js'
import type { Settings } from './lib/settings.js'

const BENCHMARKS: Record<string, (settings: Settings) => Promise<void>> = {
  ...{ insert, recover, ingest, funnel, 'funnel-engines': funnelEngines, analyses, memory, rollup, move, person },
}

const { values, positionals } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '3' },
    rows: { type: 'string' },
    events: { type: 'string' },
    days: { type: 'string' },
  },
})
const names = positionals.length > 0 ? positionals : Object.keys(BENCHMARKS)
const unknown = names.filter((name) => !Object.hasOwn(BENCHMARKS, name))
if (unknown.length > 0)
  throw new Error(`No benchmark ${unknown.join(', ')}; there is ${Object.keys(BENCHMARKS).join(', ')}`)
const settings = { runs: count('runs')!, rows: count('rows'), events: count('events'), days: count('days') }
for (const name of names) await BENCHMARKS[name]!(settings)

function count(name: 'runs' | 'rows' | 'events' | 'days'): number | undefined {
  if (values[name] === undefined) return undefined
  const number = Number(values[name])
  if (Number.isSafeInteger(number) && number > 0) return number
  throw new Error(`--${name} is not a number above zero`)
}
