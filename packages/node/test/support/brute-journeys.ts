import type { JourneysQuery, JourneysResult } from '@analytics/protocol'

/** A step of somebody. */
export interface BruteStep {
  person: number | string
  time: number
  label: string
}

/** What a query says, with its defaults; labels have no slash at their end. */
export type BruteQuery = Pick<JourneysQuery, 'start' | 'end' | 'exclude' | 'minWeight'> &
  Required<Pick<JourneysQuery, 'maxSteps' | 'collapseRepeats' | 'limit'>> & { gapMs: number }

const textOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The journeys of a history as their description has it: whole arrays, nothing kept between the steps. */
export function bruteJourneys(history: readonly BruteStep[], query: BruteQuery): JourneysResult {
  const patterns = (query.exclude ?? []).map((one) => new RegExp(`^${one.replaceAll('*', '.*')}$`))
  const steps = history.filter(({ label }) => !patterns.some((pattern) => pattern.test(label)))
  const journeys = [...new Set(steps.map(({ person }) => person))].flatMap((person) =>
    sessionsOf(
      steps.filter((step) => step.person === person),
      query.gapMs,
    ).flatMap((session) => {
      const journey = journeyOf(query.collapseRepeats ? collapsed(session) : session, query)
      return journey.length > 0 ? [{ person, journey }] : []
    }),
  )
  const nodes = new Map<string, { step: number; label: string; people: (number | string)[]; ends: number }>()
  const links = new Map<string, { source: string; target: string; times: number[] }>()
  for (const { person, journey } of journeys) {
    for (const [i, { label, time }] of journey.entries()) {
      const id = `${i + 1}_${label}`
      const node = nodes.get(id) ?? { step: i + 1, label, people: [], ends: 0 }
      nodes.set(id, node)
      node.people.push(person)
      const next = journey[i + 1]
      if (!next) {
        node.ends++
        continue
      }
      const target = `${i + 2}_${next.label}`
      const link = links.get(`${id} ${target}`) ?? { source: id, target, times: [] }
      links.set(`${id} ${target}`, link)
      link.times.push(next.time - time)
    }
  }
  const most = [...links.values()]
    .filter(({ times }) => times.length >= (query.minWeight ?? 1))
    .sort((a, b) => b.times.length - a.times.length || textOrder(a.source, b.source) || textOrder(a.target, b.target))
    .slice(0, query.limit)
  const isReachable = (id: string): boolean =>
    id.startsWith('1_') || most.some(({ source, target }) => target === id && isReachable(source))
  const kept = most.filter(({ source }) => isReachable(source))
  return {
    nodes: [...nodes]
      .filter(([id]) => kept.some(({ source, target }) => source === id || target === id))
      .map(([id, { step, label, people, ends }]) => ({
        id,
        step,
        label,
        sessions: people.length,
        users: new Set(people).size,
        dropOff: ends,
      }))
      .sort((a, b) => a.step - b.step || b.sessions - a.sessions || textOrder(a.label, b.label)),
    links: kept.map(({ source, target, times }) => ({
      source,
      target,
      value: times.length,
      averageSeconds: times.reduce((sum, one) => sum + one, 0) / times.length / 1000,
    })),
  }
}

function sessionsOf(steps: readonly BruteStep[], gapMs: number): BruteStep[][] {
  const sorted = [...steps].sort((a, b) => a.time - b.time || textOrder(a.label, b.label))
  const sessions: BruteStep[][] = []
  for (const [i, step] of sorted.entries()) {
    if (i === 0 || step.time - sorted[i - 1]!.time >= gapMs) sessions.push([])
    sessions.at(-1)!.push(step)
  }
  return sessions
}

const collapsed = (session: readonly BruteStep[]): readonly BruteStep[] =>
  session.filter(({ label }, i) => session[i + 1]?.label !== label)

/** Nothing where the session has none. */
function journeyOf(session: readonly BruteStep[], { start, end, maxSteps }: BruteQuery): readonly BruteStep[] {
  const from = start === undefined ? 0 : session.findIndex(({ label }) => label === start)
  if (from === -1) return []
  const rest = session.slice(from)
  if (end === undefined) return rest.slice(0, maxSteps)
  const to = rest.findIndex(({ label }) => label === end)
  const way = rest.slice(0, to + 1)
  if (start === undefined) return way.slice(-maxSteps)
  const half = Math.floor(maxSteps / 2)
  if (way.length <= maxSteps) return way
  return [...way.slice(0, half), { ...way[half]!, label: '...' }, ...way.slice(-half)]
}
