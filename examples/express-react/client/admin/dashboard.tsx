import { DAY_MS, dayOf, type Range } from '@analytics/protocol'
import { type ReactNode, useMemo, useState } from 'react'
import type { Config } from '../config.js'
import '../styles/dashboard.css'
import { AnswerPanel } from './answer-panel.js'
import { ANSWERS } from './answers.js'
import { createApi } from './api.js'
import { FunnelPanel } from './funnel-panel.js'
import { useSettled, useTurns } from './hooks.js'
import { LivePanel } from './live-panel.js'
import { PeopleDialog, type ShownPeople } from './people-dialog.js'
import { TiersPanel } from './tiers-panel.js'
import { TrendPanel } from './trend-panel.js'

const RANGES = [7, 30, 90, 120]
/** How often answers are asked anew, in ms. */
const REFRESH_MS = 30_000
const REFRESH_TIERS_MS = 5000

/** What the team looks at. Everything on it was asked over HTTP: with the read key, but for who people are. */
export function Dashboard({ config }: { config: Config }): ReactNode {
  const [readKey, setReadKey] = useState(config.readKey ?? '')
  const [adminKey, setAdminKey] = useState(config.adminKey ?? '')
  const [shown, setShown] = useState<ShownPeople>()
  const [days, setDays] = useState(30)
  const settledKey = useSettled(readKey, 300)
  const api = useMemo(() => createApi(settledKey), [settledKey])
  const range = useRange(config.now, days)
  const turn = useTurns(REFRESH_MS)
  const tiersTurn = useTurns(REFRESH_TIERS_MS)
  return (
    <>
      <title>Dashboard · Halden Goods</title>
      <header className="dashboard-header">
        <a href="/" className="brand">
          Halden Goods <span className="section-name">Dashboard</span>
        </a>
        <RangePicker days={days} onChange={setDays} />
        <KeyField name="read" value={readKey} onChange={setReadKey} />
        <KeyField name="admin" value={adminKey} onChange={setAdminKey} />
      </header>
      {settledKey === '' ? (
        <p className="enter-key">Type in the read key to see the numbers.</p>
      ) : (
        <main className="dashboard">
          <h1 className="hidden">Dashboard</h1>
          <FunnelPanel api={api} range={range} turn={turn} showPeople={setShown} />
          <LivePanel api={api} />
          <TrendPanel api={api} range={range} turn={turn} />
          <TiersPanel api={api} turn={tiersTurn} />
          {ANSWERS.map((answer) => (
            <AnswerPanel key={answer.title} answer={answer} api={api} range={range} showPeople={setShown} />
          ))}
        </main>
      )}
      {shown && <PeopleDialog shown={shown} adminKey={adminKey} onClose={() => setShown(undefined)} />}
    </>
  )
}

/** The last days, today included, by the server's clock: it may run ahead of this browser's. */
function useRange(serverNow: string, days: number): Range {
  const [ahead] = useState(() => Date.parse(serverNow) - Date.now())
  const today = dayOf(Date.now() + ahead)
  return useMemo(() => {
    const end = Date.parse(today) + DAY_MS
    return { from: dayOf(end - days * DAY_MS), to: dayOf(end) }
  }, [today, days])
}

interface KeyFieldProps {
  name: 'read' | 'admin'
  value: string
  onChange: (key: string) => void
}

function KeyField({ name, value, onChange }: KeyFieldProps): ReactNode {
  return (
    <label className="key">
      {name === 'read' ? 'Read key' : 'Admin key'}
      <input
        data-testid={`${name}-key`}
        value={value}
        onChange={({ target }) => onChange(target.value.trim())}
        placeholder={name === 'read' ? 'rk_…' : 'ak_…'}
        autoComplete="off"
        spellCheck={false}
      />
    </label>
  )
}

function RangePicker({ days, onChange }: { days: number; onChange: (days: number) => void }): ReactNode {
  return (
    <fieldset className="range">
      <legend className="hidden">Range</legend>
      {RANGES.map((count) => (
        <label key={count}>
          <input type="radio" name="range" checked={days === count} onChange={() => onChange(count)} />
          <span className="range-option">{count} days</span>
        </label>
      ))}
    </fieldset>
  )
}
