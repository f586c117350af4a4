import type { Seal } from '@analytics/protocol'

/** A reader of this process and which seals it leaves to the segments. */
export interface Reader {
  /** Called once it is known which seals these are; before that the reader counts as leaving out none. */
  leavesOut(seals: readonly Seal[]): void
  /** Done twice, it does nothing more. */
  release(): void
}

/**
 * Who reads in this process. Hot rows may go when every reader that is still there takes them from their segment: a reader
 * that began before the commit counts on the hot rows.
 */
export interface Readers {
  open(): Reader
  /** Resolves to true when nobody counts on the rows of the seal, to false when some still did after that time in ms. */
  settled(seal: Seal, waitMs: number, signal?: AbortSignal): Promise<boolean>
}

/** Nobody reads yet. */
export function createReaders(): Readers {
  const readers = new Map<object, ReadonlySet<string>>()
  const changed = new Set<() => void>()
  const notify = (): void => {
    for (const check of [...changed]) check()
  }
  const keyOf = ({ day, id }: Seal): string => `${day} ${id}`
  const isSettled = (seal: Seal): boolean => [...readers.values()].every((seals) => seals.has(keyOf(seal)))

  return {
    open() {
      const reader = {}
      readers.set(reader, new Set())
      return {
        leavesOut(seals) {
          if (readers.has(reader)) readers.set(reader, new Set(seals.map(keyOf)))
          notify()
        },
        release() {
          readers.delete(reader)
          notify()
        },
      }
    },
    settled(seal, waitMs, signal) {
      if (isSettled(seal)) return Promise.resolve(true)
      return new Promise((resolve) => {
        const finish = (isDone: boolean): void => {
          clearTimeout(timer)
          changed.delete(check)
          signal?.removeEventListener('abort', giveUp)
          resolve(isDone)
        }
        const check = (): void => {
          if (isSettled(seal)) finish(true)
        }
        const giveUp = (): void => finish(false)
        const timer = setTimeout(giveUp, waitMs)
        changed.add(check)
        signal?.addEventListener('abort', giveUp, { once: true })
        if (signal?.aborted) giveUp()
      })
    },
  }
}
