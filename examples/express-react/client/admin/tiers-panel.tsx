import { DAY_MS, dayOf, dayStart } from '@analytics/protocol'
import type { ReactNode } from 'react'
import type { Api, TierDay } from './api.js'
import { formatBytes, formatDay, formatLongDay, formatNumber } from './format.js'
import { useTiers } from './hooks.js'
import { Panel } from './panel.js'

/** Where each day lies: a square for a day, a column for a week, and the same as a table. */
export function TiersPanel({ api, turn }: { api: Api; turn: number }): ReactNode {
  const tiers = useTiers(api, turn)
  const days = tiers.value?.days ?? []
  return (
    <Panel title="Days by tier" className="tiers" loaded={tiers} aside={<Legend days={days} />}>
      {days.length === 0 ? <p className="muted">No day has events yet.</p> : <Calendar days={days} />}
      <div className="table-scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col">Tier</th>
              <th scope="col">Rows</th>
              <th scope="col">Cold bytes</th>
            </tr>
          </thead>
          <tbody>
            {days.map(({ day, state, rows, bytes }) => (
              <tr key={day}>
                <th scope="row">{day}</th>
                <td>
                  <i className={`dot ${state}`} /> {state}
                </td>
                <td>{formatNumber(rows)}</td>
                <td>{bytes > 0 ? formatBytes(bytes) : '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

function Legend({ days }: { days: readonly TierDay[] }): ReactNode {
  const counts = new Map<string, number>()
  for (const { state } of days) counts.set(state, (counts.get(state) ?? 0) + 1)
  return (
    <ul className="legend">
      {[...counts].map(([state, count]) => (
        <li key={state}>
          <i className={`dot ${state}`} /> {count} {state}
        </li>
      ))}
    </ul>
  )
}

function Calendar({ days }: { days: readonly TierDay[] }): ReactNode {
  const known = new Map(days.map((day) => [day.day, day]))
  const first = dayStart(days[0]!.day)
  const last = dayStart(days.at(-1)!.day)
  const shown = Array.from({ length: (last - first) / DAY_MS + 1 }, (_, i) => dayOf(first + i * DAY_MS))
  // Columns begin on Mondays; getUTCDay counts from Sunday.
  const firstRow = ((new Date(first).getUTCDay() + 6) % 7) + 1
  return (
    <figure className="calendar">
      <ol>
        {shown.map((day, i) => {
          const { state = 'empty', rows = 0 } = known.get(day) ?? {}
          const text = `${formatLongDay(day)}: ${state}, ${formatNumber(rows)} rows`
          return (
            <li
              key={day}
              className={`dot ${state}`}
              style={i === 0 ? { gridRow: firstRow } : undefined}
              data-testid={`tier-day-${day}`}
              data-state={state}
              title={text}
            >
              <span className="hidden">{text}</span>
            </li>
          )
        })}
      </ol>
      <figcaption>
        <span>{formatDay(shown[0]!)}</span>
        <span>{formatDay(shown.at(-1)!)}</span>
      </figcaption>
    </figure>
  )
}
