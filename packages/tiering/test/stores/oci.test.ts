import { describe } from 'vitest'
import { objectStoreContract } from '../../src/testing/index.js'
import { startStandIn } from '../oci/stand-in.js'
import { runContract } from '../run-contract.js'

for (const versioning of [undefined, 'Enabled'] as const) {
  describe(`ociObjectStore, ${versioning ? 'a bucket with versions' : 'a bucket'}`, () => {
    runContract(objectStoreContract, async () => {
      const standIn = await startStandIn(versioning ? { versioning } : {})
      const advance = async (ms: number) => {
        standIn.clock.now += ms
      }
      return {
        context: { store: standIn.open(), reopen: async () => standIn.open(), advance },
        dispose: standIn.close,
      }
    })
  })
}
