import { AnalyticsError } from '@analytics/protocol'

/** How many may do something at once. */
export interface AdmissionLimits {
  running: number
  waiting: number
}

/** Lets so many run, so many more wait their turn, and refuses the others. */
export interface Admission {
  /**
   * Runs the work in its turn.
   * @throws AnalyticsError `too_many_queries` where too many wait already; what the signal gives where it aborts a wait.
   */
  run<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result>
}

/** Nobody runs yet. First come, first served. */
export function admission({ running, waiting }: AdmissionLimits): Admission {
  let active = 0
  const queue: (() => void)[] = []

  const turn = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const leave = () => {
        queue.splice(queue.indexOf(enter), 1)
        reject(signal.reason)
      }
      const enter = () => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      queue.push(enter)
      signal.addEventListener('abort', leave, { once: true })
    })

  return {
    async run(work, signal) {
      signal.throwIfAborted()
      if (active < running) active++
      else if (queue.length < waiting) await turn(signal)
      else
        throw new AnalyticsError('too_many_queries', `${active} queries run and ${queue.length} wait: try again later.`)
      try {
        return await work()
      } finally {
        // Whoever is next takes the place, which stays taken.
        const next = queue.shift()
        if (next) next()
        else active--
      }
    },
  }
}
