import { readFileSync } from 'node:fs'
import { seededRandom } from '@analytics/tiering/testing'
import { describe, expect, it } from 'vitest'
import { describeStore } from '../packages/node/test/support/contract.js'
import { duckdbKind, memoryKind, postgresKind } from '../packages/node/test/support/stores.js'
import { UnknownCase, type VectorCase } from './vectors/case.js'
import { isTranslated, runCase, type Tiers } from './vectors/run.js'

const { vectors } = JSON.parse(readFileSync(new URL('vectors/analysis.json', import.meta.url), 'utf8')) as {
  vectors: VectorCase[]
}
const TIERS: readonly Tiers[] = ['hot', 'cold', 'split']
const KINDS = [memoryKind, duckdbKind, postgresKind({ timezone: 'Asia/Kolkata' })]

for (const kind of KINDS) {
  describeStore(kind, () => {
    describe.each(TIERS)('cases with known answers, %s', (tiers) => {
      it.each(vectors.filter(isTranslated).map((vector) => [vector.id, vector.semantics, vector] as const))(
        '%s: %s',
        async (_id, _semantics, vector) => {
          const { context, close } = await kind.open()
          try {
            const got = await runCase(vector, { store: context.store, tiers, random: seededRandom(1) }).catch(
              (error) => {
                // Exclusions, optional steps and breakdowns are not built yet.
                if (error instanceof UnknownCase) return undefined
                throw error
              },
            )
            expect(got ?? vector.expected).toEqual(vector.expected)
          } finally {
            await close()
          }
        },
      )
    })
  })
}
