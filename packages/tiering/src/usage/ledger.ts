import { type Day, dayOf, eachRecord, type RecordStore } from '@analytics/protocol'
import type { Logger } from '../options.js'
import { addUsage, noUsage, requestsOf, type Usage, type UsageCounts } from './usage.js'

/** What was asked of the object store, by UTC day, by every process, in the hot store's database. */
export interface Ledger {
  /** Adds what this process has counted. Where that fails, it is added the next time. */
  note(): Promise<void>
  /** The same for work that does not fail for that; at most so often, in ms. */
  tryNote(options?: { everyMs?: number }): Promise<void>
  /** Days of the range with any, oldest first; UTC milliseconds, `to` exclusive. */
  read(range: { from: number; to: number }): Promise<{ day: Day; counts: UsageCounts }[]>
}

const PREFIX = 'ledger/'

/** The ledger in these records. */
export function createLedger(options: {
  records: RecordStore
  usage: Usage
  logger: Logger
  now: () => number
}): Ledger {
  const { records, usage, logger, now } = options
  let notedAt = now()

  async function add(day: Day, counts: UsageCounts): Promise<void> {
    for (;;) {
      const record = await records.get<UsageCounts>('meta', PREFIX + day)
      const sum = addUsage(record?.value ?? noUsage(), counts)
      if ((await records.put('meta', PREFIX + day, sum, record?.version ?? 0)) !== undefined) return
    }
  }

  async function note(): Promise<void> {
    notedAt = now()
    const counts = usage.take()
    if (requestsOf(counts) === 0 && counts.bytesRead + counts.bytesSent === 0) return
    try {
      await add(dayOf(now()), counts)
    } catch (error) {
      usage.giveBack(counts)
      throw error
    }
  }

  return {
    note,
    async tryNote({ everyMs = 0 } = {}) {
      if (now() - notedAt < everyMs) return
      await note().catch((error) => logger.warn({ error }, 'What was asked of the object store could not be noted'))
    },
    async read({ from, to }) {
      const days: { day: Day; counts: UsageCounts }[] = []
      for await (const { key, value } of eachRecord<UsageCounts>(records, 'meta', { prefix: PREFIX })) {
        const day = key.slice(PREFIX.length)
        if (Date.parse(day) < to && Date.parse(day) >= from) days.push({ day, counts: value })
      }
      return days
    },
  }
}
