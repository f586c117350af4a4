import { type Catalog, createCatalog } from './catalog.js'
import type { ResolvedTieringOptions } from './options.js'
import { createReaders, type Readers } from './read/readers.js'
import { createTempFiles, type TempFiles } from './temp-files.js'

/** What every operation of one `createTiering` works with. */
export interface TieringContext extends ResolvedTieringOptions {
  catalog: Catalog
  readers: Readers
  tempFiles: TempFiles
}

/** The context of these options. */
export function createContext(options: ResolvedTieringOptions): TieringContext {
  const { hot, cold, format, now, tempDir } = options
  return {
    ...options,
    catalog: createCatalog({ records: hot.records, cold, format, now }),
    readers: createReaders(),
    tempFiles: createTempFiles(tempDir),
  }
}
