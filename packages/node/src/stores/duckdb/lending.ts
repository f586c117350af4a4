import { AnalyticsError } from '@analytics/protocol'
import type { DuckDBConnection } from '@duckdb/node-api'

/**
 * How long the gate is closed, and then open, while it is waited for connections, in ms: who has one may need another before
 * giving the first one back, and reads shall not all stand still for one that lasts.
 */
const TURN_MS = 1000

/** Connections that are lent for reading, and a gate before them. */
export interface Lending {
  /** A connection that counts as lent until its `closeSync` is called; it waits while the gate is closed. */
  lend(): Promise<DuckDBConnection>
  /**
   * Does the work at a moment when no connection is lent, and lends none until it has ended.
   * @throws AnalyticsError `overloaded` where no such moment came in time.
   */
  whenIdle<Result>(
    work: () => Promise<Result>,
    options: { waitMs: number; signal?: AbortSignal | undefined },
  ): Promise<Result>
}

/** Lends the connections that `connect` makes. `whenIdle` is called once at a time. */
export function lending(connect: () => Promise<DuckDBConnection>): Lending {
  let lent = 0
  let gate: { opened: Promise<void>; open: () => void } | undefined
  let onIdle = () => {}

  const closeGate = () => {
    if (gate) return
    let open = () => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    gate = { opened, open }
  }
  const openGate = () => {
    gate?.open()
    gate = undefined
  }
  const giveBack = () => {
    lent--
    if (lent === 0) onIdle()
  }

  /** Whether a moment came when none was lent; if so, the gate is closed since then. */
  const waitUntilIdle = (waitMs: number, signal: AbortSignal | undefined): Promise<boolean> =>
    new Promise((resolve) => {
      const end = (isIdle: boolean) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        onIdle = () => {}
        if (isIdle) closeGate()
        resolve(isIdle)
      }
      const onAbort = () => end(false)
      const timer = setTimeout(() => end(false), waitMs)
      signal?.addEventListener('abort', onAbort, { once: true })
      onIdle = () => end(true)
      if (signal?.aborted) end(false)
      else if (lent === 0) end(true)
    })

  return {
    async lend() {
      while (gate) await gate.opened
      lent++
      let connection: DuckDBConnection
      try {
        connection = await connect()
      } catch (error) {
        giveBack()
        throw error
      }
      const close = connection.closeSync.bind(connection)
      let isLent = true
      connection.closeSync = () => {
        close()
        if (isLent) giveBack()
        isLent = false
      }
      return connection
    },

    async whenIdle(work, { waitMs, signal }) {
      const turnMs = Math.min(TURN_MS, waitMs / 4)
      try {
        for (let waited = 0, isIdle = false; !isIdle; waited += turnMs) {
          if (waited >= waitMs)
            throw new AnalyticsError(
              'overloaded',
              `Reads of the DuckDB file did not end within ${waitMs / 1000} seconds.`,
            )
          // Closed, so that reads that overlap come to an end; then open for as long, see TURN_MS.
          if (gate) openGate()
          else closeGate()
          isIdle = await waitUntilIdle(turnMs, signal)
          signal?.throwIfAborted()
        }
        return await work()
      } finally {
        openGate()
      }
    },
  }
}
