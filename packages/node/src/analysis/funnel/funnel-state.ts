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
  /** One event at its instant; it may count for fewer steps than it matches. */
  single(slot: number, time: number, matches: number): void
  /** Several events of one person at one instant, whose order is unknown: the outcome doesn't depend on it. */
  several(slot: number, time: number, matches: readonly number[]): void
  /** Ends what the event interrupts, by all that it matches. Only where events between two steps end an attempt. */
  interrupt?(slot: number, matches: number): void
  /** Makes the state of one slot that of another. */
  copy(from: number, to: number): void
  /** Bits of the steps on the person's deepest attempt; 0 where there is none, or an exclusion has removed the person. */
  path(slot: number): number
  /** When it did the step, in ms from its beginning. */
  offset(slot: number, step: number): number
}

/** Events of one instant, and as which steps each counts. */
export interface CountedEvents {
  time: number
  matches: readonly number[]
  /** @default as all that they match */
  counted?: readonly number[]
}

/** Takes events of one person at one instant, one or more. */
export function takeTied(state: FunnelState, slot: number, { time, matches, counted = matches }: CountedEvents): void {
  if (matches.length > 1) state.several(slot, time, counted)
  else {
    state.single(slot, time, counted[0]!)
    state.interrupt?.(slot, matches[0]!)
  }
}

/** Whether one of the events opens the state of a person who has none. */
export function opensAny(state: FunnelState, matches: readonly number[]): boolean {
  return matches.some((mask) => state.opens(mask))
}
