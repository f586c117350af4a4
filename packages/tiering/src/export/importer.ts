import type { StoredEvent } from '@analytics/protocol'

/** What became of events that were imported. */
export interface ImportCounts {
  imported: number
  duplicates: number
  rejected: number
  /** Events of people of whom nothing more is stored. */
  dropped: number
}

/** What stores events, and knows who was erased: an `Analytics` of `@analytics/node` is one. */
export interface Importer {
  import(
    events: AsyncIterable<StoredEvent>,
    options: { signal: AbortSignal; onProgress(progress: ImportCounts): void },
  ): Promise<ImportCounts>
}
