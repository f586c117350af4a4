import type { EventBatch } from '@analytics/protocol'
import type { People } from '../../store.js'
import { personOf } from '../person-slots.js'
import type { FunnelValues } from './funnel-values.js'

/** Events of one person at one instant, each with what it matches and its value. */
export interface TiedEvents {
  matches: readonly number[]
  values: readonly string[]
}

/** Takes the events of people in order of time. */
export interface FunnelTaker {
  /** One event; the row that `FunnelValues` stands at is its own. */
  single(person: number, time: number, matches: number): void
  /** Events of one person at one instant, one or more, whose order is unknown. */
  several(person: number, time: number, events: TiedEvents): void
}

/** Consumes a scan in order of time. */
export interface FunnelRows {
  push(batch: EventBatch): void
  /** Must be called behind the last batch. */
  finish(): void
}

/** What is known beside the rows. */
export interface FunnelRowsOptions {
  people: People
  /** Where a taker asks for values. */
  values?: FunnelValues | undefined
}

/** One pass over rows in order of time, which tells each taker of every person's events, those of one instant together. */
export function funnelRows(takers: readonly FunnelTaker[], { people, values }: FunnelRowsOptions): FunnelRows {
  // One after the other without a loop, so that what they do for each row becomes one piece of code.
  const single = takers.map((taker) => taker.single).reduce(inTurn)
  // Rows of the instant that a batch has ended with: the next one may have more of them.
  let persons: number[] = []
  let masks: number[] = []
  let texts: string[] = []
  let instant = Number.NaN

  const several = (time: number): void => {
    for (const [person, events] of byPerson({ persons, masks, texts }))
      for (const taker of takers) taker.several(person, time, events)
    persons = []
    masks = []
    texts = []
  }

  const keep = ({ person, matches }: EventBatch, from: number, to: number): void => {
    for (let row = from; row < to; row++) {
      persons.push(personOf(people, person[row]!))
      masks.push(matches[row]!)
      values?.seek(row)
      texts.push(values?.read() ?? '')
    }
  }

  return {
    push(batch) {
      const { length, time, person, matches } = batch
      values?.open(batch)
      let row = 0
      while (row < length && time[row] === instant) row++
      keep(batch, 0, row)
      if (row === length) return
      several(instant)
      while (row < length) {
        const at = time[row]!
        let end = row + 1
        while (end < length && time[end] === at) end++
        if (end === length) instant = at
        if (end === length || end > row + 1) keep(batch, row, end)
        else {
          if (values) values.seek(row)
          single(person[row]!, at, matches[row]!)
        }
        if (end < length && end > row + 1) several(at)
        row = end
      }
    },
    finish: () => several(instant),
  }
}

function inTurn(first: FunnelTaker['single'], second: FunnelTaker['single']): FunnelTaker['single'] {
  return (person, time, matches) => {
    first(person, time, matches)
    second(person, time, matches)
  }
}

interface Rows {
  persons: readonly number[]
  masks: readonly number[]
  texts: readonly string[]
}

function byPerson({ persons, masks, texts }: Rows): Map<number, TiedEvents> {
  const groups = new Map<number, { matches: number[]; values: string[] }>()
  for (const [i, person] of persons.entries()) {
    const group = groups.get(person) ?? { matches: [], values: [] }
    groups.set(person, group)
    group.matches.push(masks[i]!)
    group.values.push(texts[i]!)
  }
  return groups
}
