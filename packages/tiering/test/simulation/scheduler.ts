import type { FaultHook } from '@analytics/protocol/testing'

/** Lets one of several workers go on at a time, at each call of a port, in an order that follows from random numbers alone. */
export interface Scheduler {
  /** Starts a worker; resolves when it has ended, however. */
  start(work: (turn: () => Promise<void>) => Promise<void>): Promise<void>
  /** Waits for the turn of the worker that calls. */
  turn(): Promise<void>
}

/** So long a worker may read files until it is taken for one that waits for what another one does. */
const STALLED_MS = 400

/**
 * A worker that was let go runs until its next call of a port, whatever files it reads meanwhile; only when every worker waits at
 * such a call is the next one chosen. So the same random numbers give the same run.
 */
export function createScheduler(random: () => number): Scheduler {
  let live = 0
  const waiting: (() => void)[] = []

  let stalled: NodeJS.Timeout | undefined

  const choose = (): void => {
    clearTimeout(stalled)
    const [next] = waiting.splice(Math.floor(random() * waiting.length), 1)
    // Two readers of one process share what is fetched: one waits until the other has it.
    if (waiting.length > 0) stalled = setTimeout(choose, STALLED_MS)
    next!()
  }
  const letGo = (): void => {
    if (waiting.length > 0 && waiting.length >= live) choose()
  }
  const turn = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve)
      letGo()
    })

  return {
    turn,
    async start(work) {
      live++
      try {
        await work(turn)
      } finally {
        live--
        letGo()
      }
    },
  }
}

/** What goes wrong with a worker, as chances of each call. */
export interface Chances {
  before: number
  after: number
  crash: number
}

/** The error of a call that was made to fail. */
export class Injected extends Error {}

/** Waits for its turn at each call, and lets calls fail before and after they take effect; a crashed worker makes no further one. */
export function faultyCalls(
  turn: () => Promise<void>,
  random: () => number,
  { before, after, crash }: Chances,
): { hook: FaultHook; isDead(): boolean } {
  let dead = false
  let failsAfter = false
  return {
    isDead: () => dead,
    async hook(operation, phase) {
      if (phase === 'before') await turn()
      if (dead) throw new Injected(`dead at ${operation}`)
      const chance = random()
      if (phase === 'before') {
        if (chance < crash) dead = true
        failsAfter = chance >= crash + before && chance < crash + before + after
        if (chance < crash + before) throw new Injected(`before ${operation}`)
      } else if (failsAfter) {
        failsAfter = false
        dead = random() < crash / (crash + after + Number.EPSILON)
        throw new Injected(`after ${operation}`)
      }
    },
  }
}
