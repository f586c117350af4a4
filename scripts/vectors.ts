// pnpm vectors FILE: cases with known answers, asked by public queries.
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { duckdbKind, memoryKind, postgresKind, type StoreKind } from '../packages/node/test/support/stores.js'
import { parquetFormat } from '../packages/tiering/src/formats/parquet.js'
import { seededRandom } from '../packages/tiering/src/testing/index.js'
import type { VectorCase } from '../test/vectors/case.js'
import type { Tiers } from '../test/vectors/place.js'
import { runCase } from '../test/vectors/run.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    store: { type: 'string', default: 'memory' },
    tiers: { type: 'string', default: 'hot' },
    seed: { type: 'string', default: '1' },
  },
})
const KINDS: Readonly<Record<string, () => StoreKind>> = {
  memory: () => memoryKind,
  duckdb: () => duckdbKind,
  postgres: () => postgresKind({ timezone: 'America/New_York' }),
}
const [file] = positionals
const kind = KINDS[values.store]?.()
if (file === undefined || !kind || !['hot', 'cold', 'split'].includes(values.tiers))
  throw new Error('pnpm vectors FILE [--store memory|duckdb|postgres] [--tiers hot|cold|split] [--seed 1]')
const { vectors } = JSON.parse(await readFile(file, 'utf8')) as { vectors: VectorCase[] }
const random = seededRandom(Number(values.seed))
const format = parquetFormat()
let failed = 0

/** What is wrong with a case; undefined where nothing is. */
async function faultOf(vector: VectorCase, opened: StoreKind): Promise<string | undefined> {
  const { context, close } = await opened.open()
  try {
    const got = await runCase(vector, { store: context.store, tiers: values.tiers as Tiers, format, random })
    return got && `expected ${JSON.stringify(vector.expected)}\n  got      ${JSON.stringify(got)}`
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`
  } finally {
    await close()
  }
}

await kind.start?.()
try {
  for (const vector of vectors) {
    const fault = await faultOf(vector, kind)
    if (fault === undefined) continue
    failed++
    console.log(`${vector.id} (${vector.kind}, ${vector.profile}): ${vector.semantics}\n  ${fault}`)
  }
} finally {
  await kind.stop?.()
  await format.close()
}
console.log(`${vectors.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
