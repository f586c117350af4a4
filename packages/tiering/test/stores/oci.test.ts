import { describe } from 'vitest'
import { objectStoreContract } from '../../src/testing/index.js'
import { startStandIn } from '../oci/stand-in.js'
import { runContract } from '../run-contract.js'

const BUCKETS = { 'a bucket': 'open', 'a bucket and one for the archive': 'openBoth' } as const

for (const versioning of [undefined, 'Enabled'] as const) {
  for (const [buckets, open] of Object.entries(BUCKETS)) {
    describe(`ociObjectStore, ${buckets}${versioning ? ', with versions' : ''}`, () => {
      runContract(objectStoreContract, async () => {
        const standIn = await startStandIn(versioning ? { versioning } : {})
        const advance = async (ms: number) => {
          standIn.clock.now += ms
        }
        return {
          context: { store: standIn[open](), reopen: async () => standIn[open](), advance },
          dispose: standIn.close,
        }
      })
    })
  }
}
