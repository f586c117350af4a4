import { generateKeyPairSync } from 'node:crypto'
import { type OciObjectStoreOptions, ociObjectStore } from '../../src/stores/oci.js'
import { type OciServiceOptions, ociService, startOciServer } from '../../src/testing/index.js'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** Who the requests of tests come from. */
export const IDENTITY = {
  tenancy: 'ocid1.tenancy.oc1..test',
  user: 'ocid1.user.oc1..test',
  fingerprint: '20:3b:97:13:55:1c',
  privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
}
const KEYS = [{ keyId: `${IDENTITY.tenancy}/${IDENTITY.user}/${IDENTITY.fingerprint}`, publicKey }]

/** A stand-in that verifies signatures, with a bucket and one for the archive, and stores that reach it through the real SDK over HTTP. */
export async function startStandIn(options: OciServiceOptions & { versioning?: 'Enabled' } = {}) {
  const clock = { now: Date.now() }
  const service = ociService({ keys: KEYS, now: () => clock.now, ...options })
  service.addBucket({ name: 'cold', versioning: options.versioning })
  service.addBucket({ name: 'archive', storageTier: 'Archive', versioning: options.versioning })
  const server = await startOciServer(service)
  const stores: { close(): Promise<void> }[] = []
  return {
    service,
    clock,
    url: server.url,
    open(more: Partial<OciObjectStoreOptions> = {}) {
      // Pauses of no length: tests don't wait.
      const store = ociObjectStore({ bucket: 'cold', auth: IDENTITY, endpoint: server.url, random: () => 0, ...more })
      stores.push(store)
      return store
    },
    /** A store that archives into the other bucket. */
    openBoth(more: Partial<OciObjectStoreOptions> = {}) {
      return this.open({ archiveBucket: 'archive', region: 'eu-frankfurt-1', ...more })
    },
    async close() {
      for (const store of stores) await store.close()
      await server.close()
    },
  }
}
