import { type Catalog, createCatalog } from './catalog.js'
import type { ResolvedTieringOptions } from './options.js'
import { createReaders, type Readers } from './read/readers.js'
import { createSegmentCache, type SegmentCache } from './read/segment-cache.js'
import { createSketches, type Sketches } from './read/sketches.js'
import { createTempFiles, type TempFiles } from './temp-files.js'

/** What every operation of one `createTiering` works with. */
export interface TieringContext extends ResolvedTieringOptions {
  catalog: Catalog
  readers: Readers
  tempFiles: TempFiles
  cache: SegmentCache
  sketches: Sketches
}

/** The context of these options. */
export function createContext(options: ResolvedTieringOptions): TieringContext {
  const { hot, cold, format, now, tempDir, cacheBytes } = options
  const tempFiles = createTempFiles(tempDir)
  return {
    ...options,
    catalog: createCatalog({ records: hot.records, cold, format, now }),
    readers: createReaders(now),
    tempFiles,
    cache: createSegmentCache({ cold, tempFiles, maxBytes: cacheBytes }),
    sketches: createSketches(hot.records),
  }
}
