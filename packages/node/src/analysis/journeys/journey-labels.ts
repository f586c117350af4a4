import type { JourneysQuery, Scalar } from '@analytics/protocol'

/** What labels say of a step that is left out. */
export const NO_STEP = -1

/** Labels as numbers from 0 on. */
export interface JourneyLabels {
  /** The number of what an event has; {@link NO_STEP} where it is excluded. */
  of(value: Exclude<Scalar, null>): number
  /** The number of a label that is given as such. */
  named(label: string): number
  /** The label of a number. */
  text(number: number): string
}

/** Makes labels of values: a value is looked at once, later it is found by itself. */
export function journeyLabels({ groups = [], exclude = [] }: Pick<JourneysQuery, 'groups' | 'exclude'>): JourneyLabels {
  const texts: string[] = []
  const numbers = new Map<string, number>()
  const known = new Map<Scalar, number>()
  const isExcluded = matcher(exclude)
  const grouped = groups.map(({ label, match }) => ({ label, isIn: matcher(match) }))

  const named = (label: string): number => {
    const text = withoutSlash(label)
    const number = numbers.get(text) ?? texts.push(text) - 1
    numbers.set(text, number)
    return number
  }
  const make = (value: Exclude<Scalar, null>): number => {
    const plain = withoutSlash(String(value))
    const label = withoutSlash(grouped.find(({ isIn }) => isIn(plain))?.label ?? plain)
    return isExcluded(label) ? NO_STEP : named(label)
  }

  return {
    of(value) {
      const number = known.get(value)
      if (number !== undefined) return number
      const made = make(value)
      known.set(value, made)
      return made
    },
    named,
    text: (number) => texts[number]!,
  }
}

function withoutSlash(label: string): string {
  return label.length > 1 && label.endsWith('/') ? label.slice(0, -1) : label
}

/** Whether a label is one of those that are given, `*` being any text. No regular expression: those may take for ever. */
function matcher(patterns: readonly string[]): (label: string) => boolean {
  const tests = patterns.map((pattern) => {
    const [first = '', ...others] = pattern.split('*')
    const last = others.pop()
    if (last === undefined) return (label: string) => label === withoutSlash(pattern)
    return (label: string) => {
      if (!label.startsWith(first)) return false
      let at = first.length
      for (const part of others) {
        const found = label.indexOf(part, at)
        if (found === -1) return false
        at = found + part.length
      }
      return label.length - last.length >= at && label.endsWith(last)
    }
  })
  return (label) => tests.some((test) => test(label))
}
