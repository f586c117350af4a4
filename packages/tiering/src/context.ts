import { type Catalog, createCatalog } from './catalog-store.js'
import { createErasureRecords, type ErasureRecords } from './erasure/records.js'
import type { ObjectStore } from './object-store.js'
import { createThrottle, throttledStore } from './objects/throttle.js'
import type { ResolvedTieringOptions } from './options.js'
import { type Accesses, createAccesses } from './read/accesses.js'
import { createHiddenPeople, type HiddenPeople } from './read/hidden-people.js'
import { createReaders, type Readers } from './read/readers.js'
import { createSegmentCache, type SegmentCache } from './read/segment-cache.js'
import { createSketches, type Sketches } from './read/sketches.js'
import { createTempFiles, type TempFiles } from './temp-files.js'
import { createLedger, type Ledger } from './usage/ledger.js'
import { meteredStore } from './usage/metered-store.js'
import { usageMetrics } from './usage/metrics.js'
import { createUsage, type Usage } from './usage/usage.js'

/** What every operation of one `createTiering` works with. */
export interface TieringContext extends ResolvedTieringOptions {
  catalog: Catalog
  readers: Readers
  tempFiles: TempFiles
  cache: SegmentCache
  sketches: Sketches
  erasures: ErasureRecords
  hidden: HiddenPeople
  accesses: Accesses
  usage: Usage
  ledger: Ledger
  /** The object store for work in the background: what it sends and fetches is throttled. */
  background: ObjectStore
}

/** The context of these options. */
export function createContext(options: ResolvedTieringOptions): TieringContext {
  const { hot, format, keys, now, tempDir, cacheBytes, bytesPerSecond, meter, logger } = options
  const usage = createUsage(meter ? [usageMetrics(meter)] : [])
  const cold = meteredStore(options.cold, usage)
  const tempFiles = createTempFiles(tempDir)
  const catalog = createCatalog({ records: hot.records, cold, format, isEncrypted: keys !== undefined, now })
  const cache = createSegmentCache({ cold, tempFiles, maxBytes: cacheBytes, onUse: usage.cache })
  const sketches = createSketches(hot.records)
  const erasures = createErasureRecords({ records: hot.records, now })
  return {
    ...options,
    cold,
    catalog,
    accesses: createAccesses({ catalog, logger, now }),
    usage,
    ledger: createLedger({ records: hot.records, usage, logger, now }),
    readers: createReaders(now),
    tempFiles,
    cache,
    sketches,
    erasures,
    hidden: createHiddenPeople({ erasures, sketches, catalog, cache }),
    background: bytesPerSecond === undefined ? cold : throttledStore(cold, createThrottle({ bytesPerSecond, now })),
  }
}
