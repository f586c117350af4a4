import type { Day, Seal } from '@analytics/protocol'

/** A reader of this process and which seals it leaves to the segments. */
export interface Reader {
  /** Called once it is known which seals these are; before that the reader counts as leaving out none. */
  leavesOut(seals: readonly Seal[]): void
  /** Called once it is known which days it takes from segments; before that the reader counts as taking every day. */
  reads(days: readonly Day[]): void
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
  /** Resolves to true when nobody takes the day from segments, to false when some still did after that time in ms. */
  left(day: Day, waitMs: number, signal?: AbortSignal): Promise<boolean>
  /** Resolves to true when everybody who reads began after that instant, to false when some still had not after that time in ms. */
  begunAfter(instant: number, waitMs: number, signal?: AbortSignal): Promise<boolean>
}

/** What a reader told of itself. */
interface Told {
  /** When it began, UTC milliseconds. */
  begunAt: number
  seals: ReadonlySet<string>
  /** Undefined before it is known. */
  days: ReadonlySet<Day> | undefined
}

/** Nobody reads yet. */
export function createReaders(now: () => number): Readers {
  const readers = new Map<object, Told>()
  const changed = new Set<() => void>()
  const notify = (): void => {
    for (const check of [...changed]) check()
  }
  const keyOf = ({ day, id }: Seal): string => `${day} ${id}`

  /** Resolves to true once it holds for every reader. */
  function whenAll(holds: (told: Told) => boolean, waitMs: number, signal?: AbortSignal): Promise<boolean> {
    const isSo = (): boolean => [...readers.values()].every(holds)
    if (isSo()) return Promise.resolve(true)
    return new Promise((resolve) => {
      const finish = (isDone: boolean): void => {
        clearTimeout(timer)
        changed.delete(check)
        signal?.removeEventListener('abort', giveUp)
        resolve(isDone)
      }
      const check = (): void => {
        if (isSo()) finish(true)
      }
      const giveUp = (): void => finish(false)
      const timer = setTimeout(giveUp, waitMs)
      changed.add(check)
      signal?.addEventListener('abort', giveUp, { once: true })
      if (signal?.aborted) giveUp()
    })
  }

  return {
    open() {
      const reader = {}
      readers.set(reader, { begunAt: now(), seals: new Set(), days: undefined })
      const tell = (more: Partial<Told>): void => {
        const told = readers.get(reader)
        if (told) readers.set(reader, { ...told, ...more })
        notify()
      }
      return {
        leavesOut: (seals) => tell({ seals: new Set(seals.map(keyOf)) }),
        reads: (days) => tell({ days: new Set(days) }),
        release() {
          readers.delete(reader)
          notify()
        },
      }
    },
    settled: (seal, waitMs, signal) => whenAll(({ seals }) => seals.has(keyOf(seal)), waitMs, signal),
    left: (day, waitMs, signal) => whenAll(({ days }) => days?.has(day) === false, waitMs, signal),
    begunAfter: (instant, waitMs, signal) => whenAll(({ begunAt }) => begunAt > instant, waitMs, signal),
  }
}
