// pnpm simulate: seeds of the tiering simulation, until one fails.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { simulate } from '../packages/tiering/test/simulation/simulation.js'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    workers: { type: 'string', default: '3' },
  },
})
const [seeds, from, workers] = [values.seeds, values.from, values.workers].map(Number) as [number, number, number]
if (![seeds, from, workers].every((number) => Number.isInteger(number) && number > 0))
  throw new Error('--seeds, --from and --workers are whole numbers above 0.')

const folder = await mkdtemp(join(tmpdir(), 'analytics-simulation-'))
let passed = 0
let failed = 0
try {
  for (let seed = from; seed < from + seeds && failed === 0; seed++) {
    try {
      await simulate(seed, workers, folder)
      passed++
      if (passed % 500 === 0) console.log(`${passed} passed`)
    } catch (error) {
      failed++
      console.error(error)
      console.error(`Again: pnpm simulate --seeds 1 --from ${seed} --workers ${workers}`)
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
