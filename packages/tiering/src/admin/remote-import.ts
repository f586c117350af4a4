import { LIMITS, type StoredEvent } from '@analytics/protocol'
import type { ImportCounts, Importer } from '../export/importer.js'
import { remoteImport } from './remote-call.js'
import { type RemoteTieringOptions, resolveServer } from './remote-server.js'

/** So many bytes of JSON a request has at most, well below what a server takes. */
const BATCH_BYTES = 512 * 1024

/**
 * Sends events to a running server, batch by batch: one that is lost on the way may be sent again, since events that are there count
 * once.
 * @throws AnalyticsError `invalid_options`
 */
export function remoteImporter(options: RemoteTieringOptions): Importer {
  const server = resolveServer(options)
  return {
    async import(events, { signal, onProgress }) {
      const counts: ImportCounts = { imported: 0, duplicates: 0, rejected: 0, dropped: 0 }
      for await (const batch of batches(events)) {
        const result = await remoteImport(server, batch, signal)
        for (const field of Object.keys(counts) as (keyof ImportCounts)[]) counts[field] += Number(result[field] ?? 0)
        onProgress({ ...counts })
      }
      return counts
    },
  }
}

async function* batches(events: AsyncIterable<StoredEvent>): AsyncGenerator<readonly StoredEvent[]> {
  let batch: StoredEvent[] = []
  let bytes = 0
  for await (const event of events) {
    const size = Buffer.byteLength(JSON.stringify(event))
    if (batch.length > 0 && (batch.length === LIMITS.batchEvents || bytes + size > BATCH_BYTES)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(event)
    bytes += size
  }
  if (batch.length > 0) yield batch
}
