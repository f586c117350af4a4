import { createHash } from 'node:crypto'
import { type AuditEntry, eachRecord, type RecordStore } from '@analytics/protocol'

/** One link of the audit chain: `hash` covers the entry, its time and the hash before it. */
export interface AuditLink extends AuditEntry {
  at: number
  previous: string
  hash: string
}

const HEAD = 'audit-head'

/**
 * Appends to the audit chain. The head is a record of its own; the entry is written under the next number first, so that of
 * two writers one finds the number taken and goes on behind it.
 */
export async function appendAudit(
  records: RecordStore,
  now: () => number | Promise<number>,
  entry: AuditEntry,
): Promise<void> {
  let after = (await records.get<{ number: number }>('meta', HEAD))?.value.number ?? 0
  for (;;) {
    const previous = after === 0 ? '' : ((await records.get<AuditLink>('audit', auditKey(after)))?.value.hash ?? '')
    const at = await now()
    const link: AuditLink = { ...entry, at, previous, hash: linkHash(entry, at, previous) }
    if ((await records.put('audit', auditKey(after + 1), link, 0)) !== undefined) break
    after++
  }
  const head = await records.get<{ number: number }>('meta', HEAD)
  if ((head?.value.number ?? 0) < after + 1) await records.put('meta', HEAD, { number: after + 1 }, head?.version ?? 0)
}

/** The number of the first entry whose hash does not follow from the one before; undefined where the chain holds. */
export async function brokenAuditLink(records: RecordStore): Promise<number | undefined> {
  let previous = ''
  let number = 0
  for await (const { key, value } of eachRecord<AuditLink>(records, 'audit')) {
    number++
    const { at, previous: claimed, hash, ...entry } = value
    if (key !== auditKey(number) || claimed !== previous || hash !== linkHash(entry, at, previous)) return number
    previous = hash
  }
  return undefined
}

/** Padded, so that keys sort as numbers. */
const auditKey = (number: number): string => String(number).padStart(12, '0')

function linkHash(entry: AuditEntry, at: number, previous: string): string {
  const { action, target, details = {} } = entry
  const facts = Object.entries(details).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([previous, at, action, target, facts]))
    .digest('hex')
}
