import { readFileSync } from 'node:fs'
import { parquetFormat } from '@analytics/tiering/parquet'
import { seededRandom } from '@analytics/tiering/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { describeStore } from '../packages/node/test/support/contract.js'
import { duckdbKind, memoryKind, postgresKind, type StoreKind } from '../packages/node/test/support/stores.js'
import { isLong } from './support/soak.js'
import type { VectorCase } from './vectors/case.js'
import type { Tiers } from './vectors/place.js'
import { runCase } from './vectors/run.js'

const { vectors } = JSON.parse(readFileSync(new URL('vectors/analysis.json', import.meta.url), 'utf8')) as {
  vectors: VectorCase[]
}
// One for all: to open an engine takes longer than most cases.
const format = parquetFormat()
afterAll(() => format.close())

const ALL: readonly Tiers[] = ['hot', 'cold', 'split']
/** The tiers that are tried in the short form: a database takes its time for each case. */
const KINDS: readonly [StoreKind, readonly Tiers[]][] = [
  [memoryKind, ALL],
  [duckdbKind, ['split']],
  [postgresKind({ timezone: 'Asia/Kolkata' }), ['split']],
]

for (const [kind, tiersOfKind] of KINDS) {
  describeStore(kind, () => {
    describe.each(isLong ? ALL : tiersOfKind)('cases with known answers, %s', (tiers) => {
      it.each(vectors.map((vector) => [vector.id, vector.semantics, vector] as const))(
        '%s: %s',
        async (_id, _semantics, vector) => {
          const { context, close } = await kind.open()
          try {
            const got = await runCase(vector, { store: context.store, tiers, format, random: seededRandom(1) })
            expect(got ?? vector.expected).toEqual(vector.expected)
          } finally {
            await close()
          }
        },
      )
    })
  })
}
