import { AnalyticsError } from '@analytics/protocol'
import type { ArchivalState, ObjectInfo, StorageTier } from '../object-store.js'

/** What a store without an archive tier of its own keeps of an object, so that it behaves as if it had one. */
export interface TierRecord {
  tier: StorageTier
  /** UTC milliseconds: when the restored object can be read, and until when. */
  restore?: { readyAt: number; readableUntil: number }
}

const HOUR_MS = 3_600_000

/** Whether the object can be read at that time. */
export function archivalState({ tier, restore }: TierRecord, now: number): ArchivalState {
  if (tier === 'cold') return 'available'
  if (!restore || now >= restore.readableUntil) return 'archived'
  return now < restore.readyAt ? 'restoring' : 'restored'
}

/** Tier and state as `head` tells them. */
export function tierInfo(
  record: TierRecord,
  now: number,
): Pick<ObjectInfo, 'tier' | 'archivalState' | 'readableUntil'> {
  const state = archivalState(record, now)
  const until = state === 'restored' ? record.restore?.readableUntil : undefined
  return { tier: record.tier, archivalState: state, ...(until === undefined ? {} : { readableUntil: until }) }
}

/** @throws AnalyticsError `object_archived` where the object must be restored first. */
export function checkReadable(name: string, record: TierRecord, now: number): void {
  const state = archivalState(record, now)
  if (state === 'archived' || state === 'restoring') {
    throw new AnalyticsError('object_archived', `The object ${name} is ${state}.`, { details: { state } })
  }
}

/** The record after a restore was asked for; an object that can be read anyway stays as it is. */
export function restored(
  record: TierRecord,
  options: { hours: number; now: number; restoreDelayMs: number },
): TierRecord {
  const { hours, now, restoreDelayMs } = options
  if (!Number.isInteger(hours) || hours < 1 || hours > 240) {
    throw new AnalyticsError('invalid_options', 'hours is no whole number from 1 to 240.', { field: 'hours' })
  }
  const state = archivalState(record, now)
  if (state === 'available') return record
  const readyAt = state === 'archived' ? now + restoreDelayMs : record.restore!.readyAt
  return { tier: 'archive', restore: { readyAt, readableUntil: Math.max(readyAt, now) + hours * HOUR_MS } }
}
