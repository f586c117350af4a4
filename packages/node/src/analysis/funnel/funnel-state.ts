/** What the machine needs to know of a funnel. */
export interface FunnelSpec {
  /** Number of steps; bit s of a row's `matches` says that the event is one of step s. */
  steps: number
  /** From an attempt's first step, inclusive, in ms. */
  windowMs: number
  /** Instants lie in `[from, to)`, UTC milliseconds. */
  from: number
  to: number
  /** Whether any event between two steps ends an attempt: the rows are then all events. @default false */
  isStrict?: boolean
  /** Events that spoil an attempt which has reached `from` and not `to`; bit `steps + i` of `matches` says that the event is one. */
  exclusions?: readonly { from: number; to: number }[]
  /** Steps that an attempt may leave out; neither the first nor the last. */
  optional?: readonly number[]
}

/** What each person has done so far, people being slots from 0 on. */
export interface FunnelState {
  /** Makes room for so many people. */
  reserve(people: number): void
  /** Whether an event opens the state of a person who has none. */
  opens(matches: number): boolean
  /** One event at its instant. */
  single(slot: number, time: number, matches: number): void
  /** Several events of one person at one instant, whose order is unknown: the outcome doesn't depend on it. */
  several(slot: number, time: number, matches: readonly number[]): void
  /** Bits of the steps on the person's deepest attempt; 0 for a person whom an exclusion has removed. */
  path(slot: number): number
  /** When it did the step, in ms from its beginning. */
  offset(slot: number, step: number): number
}
