/** What the machine needs to know of journeys; labels are numbers. */
export interface JourneySpec {
  maxSteps: number
  /** From one event to the next, in ms: so much and more begins another session. */
  gapMs: number
  collapseRepeats: boolean
  start: number | undefined
  end: number | undefined
  /** The label that stands for steps left out between start and end. */
  between: number
}

/** The journey of a session: its steps, and when each was, UTC milliseconds. Valid until the next one. */
export interface Journey {
  length: number
  labels: Int32Array
  times: Float64Array
}

/** Takes the journeys of sessions; people are numbers from 0 on. */
export interface JourneyTaker {
  add(person: number, journey: Journey): void
}

/** Divides steps into sessions, and tells the journey of each that has one. */
export interface JourneySessions {
  /** Takes the steps of a person in order. People are numbers from 0 on, without gaps. */
  push(person: number, label: number, time: number): void
  /** Ends the sessions that are open. */
  end(): void
}

const FIRST_PEOPLE = 1024

// How far a session is.
const BEFORE_START = 0
const ON_THE_WAY = 1
const AT_END = 2
const OVER = 3

/**
 * Keeps of each person's open session its first steps, its last, or both, as far as the journey can need them: memory for each
 * person is some `maxSteps` numbers, however long the session.
 */
export function journeySessions(spec: JourneySpec, tell: (person: number, journey: Journey) => void): JourneySessions {
  const { maxSteps, gapMs, collapseRepeats, start, end, between } = spec
  const half = Math.floor(maxSteps / 2)
  // Without an end the first steps are enough, without a start the last ones.
  const headSize = start === undefined && end !== undefined ? 0 : maxSteps
  const ringSize = end === undefined ? 0 : start === undefined ? maxSteps : half
  const width = headSize + ringSize
  const mostSteps = end === undefined ? maxSteps : Number.POSITIVE_INFINITY
  let people = 0
  let capacity = 0
  let labels = new Int32Array(0)
  let times = new Float64Array(0)
  let counts = new Uint32Array(0)
  let lastTimes = new Float64Array(0)
  let phases = new Uint8Array(0)
  const journey = { length: 0, labels: new Int32Array(maxSteps + 1), times: new Float64Array(maxSteps + 1) }

  function reserve(person: number): void {
    people = Math.max(people, person + 1)
    if (people <= capacity) return
    capacity = Math.max(FIRST_PEOPLE, capacity * 2)
    labels = copyInto(new Int32Array(capacity * width), labels)
    times = copyInto(new Float64Array(capacity * width), times)
    counts = copyInto(new Uint32Array(capacity), counts)
    lastTimes = copyInto(new Float64Array(capacity), lastTimes)
    phases = copyInto(new Uint8Array(capacity), phases)
  }

  const headAt = (person: number, step: number): number => person * width + step
  const ringAt = (person: number, step: number): number => person * width + headSize + (step % ringSize)
  /** Where the last steps are, the ring where there is one. */
  const lastAt = ringSize === 0 ? headAt : ringAt

  function put(person: number, step: number, label: number, time: number): void {
    if (step < headSize) {
      labels[headAt(person, step)] = label
      times[headAt(person, step)] = time
    }
    if (ringSize === 0) return
    labels[ringAt(person, step)] = label
    times[ringAt(person, step)] = time
  }

  function add(place: number, label = labels[place]!): void {
    journey.labels[journey.length] = label
    journey.times[journey.length++] = times[place]!
  }

  function close(person: number): void {
    const count = counts[person]!
    const isJourney = end === undefined ? count > 0 : phases[person]! >= AT_END
    counts[person] = 0
    phases[person] = BEFORE_START
    if (!isJourney) return
    journey.length = 0
    if (headSize === 0 || count <= maxSteps) {
      for (let step = Math.max(0, count - maxSteps); step < count; step++)
        add(headSize === 0 ? ringAt(person, step) : headAt(person, step))
    } else {
      for (let step = 0; step < half; step++) add(headAt(person, step))
      add(headAt(person, half), between)
      for (let step = count - half; step < count; step++) add(ringAt(person, step))
    }
    tell(person, journey)
  }

  return {
    push(person, label, time) {
      reserve(person)
      if (time - lastTimes[person]! >= gapMs) close(person)
      lastTimes[person] = time
      const phase = phases[person]
      if (phase === OVER) return
      if (phase === BEFORE_START) {
        if (start !== undefined && label !== start) return
        phases[person] = ON_THE_WAY
      }
      const count = counts[person]!
      if (collapseRepeats && count > 0 && labels[lastAt(person, count - 1)] === label)
        put(person, count - 1, label, time)
      else if (phase === AT_END || count === mostSteps) phases[person] = OVER
      else {
        put(person, count, label, time)
        counts[person] = count + 1
        if (label === end) phases[person] = AT_END
      }
    },
    end() {
      for (let person = 0; person < people; person++) close(person)
    },
  }
}

function copyInto<Numbers extends { set(from: Numbers): void }>(larger: Numbers, old: Numbers): Numbers {
  larger.set(old)
  return larger
}
