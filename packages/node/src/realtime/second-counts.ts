/** How often something happened in each of the last seconds. */
export interface SecondCounts {
  /** Counts one at an instant, UTC milliseconds, which must not be older than the seconds that are kept. */
  add(at: number): void
  /** How many in the given time before an instant, in whole seconds, the one of the instant included. */
  sum(at: number, ms: number): number
}

/** Nothing has happened yet. Each second has a place, which a later one takes when it comes. */
export function secondCounts(seconds: number): SecondCounts {
  const counts = new Uint32Array(seconds)
  const secondAt = new Float64Array(seconds)
  const secondOf = (at: number): number => Math.floor(at / 1000)
  return {
    add(at) {
      const second = secondOf(at)
      const place = second % seconds
      if (secondAt[place]! > second) return
      if (secondAt[place] !== second) {
        secondAt[place] = second
        counts[place] = 0
      }
      counts[place]!++
    },
    sum(at, ms) {
      const last = secondOf(at)
      const first = last - ms / 1000
      let sum = 0
      for (let place = 0; place < seconds; place++)
        if (secondAt[place]! > first && secondAt[place]! <= last) sum += counts[place]!
      return sum
    },
  }
}
