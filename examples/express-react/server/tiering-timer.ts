import type { Tiering } from '@analytics/tiering'

const HOUR_MS = 3_600_000

/** Options of {@link startTieringTimer}. */
export interface TieringTimerOptions {
  /** @default one hour */
  everyMs?: number
  /** Told what was done, and what went wrong. */
  log: (message: string) => void
}

/** The timer. */
export interface TieringTimer {
  /** Ends a run that is under way, and resolves when it has stopped. The next start takes it up where it was. */
  stop(): Promise<void>
}

/** Moves the days that are due: now, and then every hour. It keeps no process alive. */
export function startTieringTimer(tiering: Tiering, { everyMs = HOUR_MS, log }: TieringTimerOptions): TieringTimer {
  const stopping = new AbortController()
  let running: Promise<void> | undefined

  const run = () => {
    running ??= moveDays(tiering, stopping.signal, log).finally(() => {
      running = undefined
    })
  }
  run()
  const timer = setInterval(run, everyMs)
  timer.unref()

  return {
    async stop() {
      clearInterval(timer)
      stopping.abort()
      await running
    },
  }
}

async function moveDays(tiering: Tiering, signal: AbortSignal, log: (message: string) => void): Promise<void> {
  try {
    const { moved, failed } = await tiering.run({ signal })
    if (moved.length > 0) log(`Moved ${moved.length} days to cold storage, ${moved[0]?.day} to ${moved.at(-1)?.day}.`)
    for (const { day, code, message } of failed)
      log(`${day} could not be moved and is tried again: ${message} (${code})`)
  } catch (error) {
    if (!signal.aborted) log(`Moving days failed: ${error instanceof Error ? error.message : error}`)
  }
}
