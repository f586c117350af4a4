import { describe, it } from 'vitest'
import { limitMs, runs } from '../../../../test/support/soak.js'
import { tempDir } from '../temp-dir.js'
import { simulate } from './simulation.js'

const dir = tempDir()
const SEEDS = runs(50, 5000)

describe('Workers that move, archive, restore, expire and read at the same time, while calls fail and processes die', () => {
  it.each([2, 3])(
    `lose, double and leave nothing, %i of them, ${SEEDS} seeds`,
    async (workers) => {
      for (let seed = 1; seed <= SEEDS; seed++) await simulate(seed, workers, dir)
    },
    limitMs(120_000),
  )
})
