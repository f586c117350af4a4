import type { RealtimeSummary } from '@analytics/protocol'
import type { ReactNode } from 'react'
import type { Api } from './api.js'
import { formatNumber } from './format.js'
import { useRealtime } from './hooks.js'
import { Panel } from './panel.js'

const SHOWN_PAGES = 5

/** Who is there now. */
export function LivePanel({ api }: { api: Api }): ReactNode {
  const live = useRealtime(api)
  const { activeUsers, eventsPerSecond, errors, topPages = [] } = live.value ?? {}
  const pages = byPath(topPages)
  const most = Math.max(1, ...pages.map(([, views]) => views))
  return (
    <Panel title="Live" className="live" loaded={live} aside={<span className={live.value ? 'pulse' : 'pulse off'} />}>
      <p className="live-now">
        <strong data-testid="live-visitors">{formatNumber(activeUsers?.last5Minutes)}</strong>
        visitors in the last 5 minutes
      </p>
      <dl className="facts">
        <div>
          <dt>Last 30 min</dt>
          <dd>{formatNumber(activeUsers?.last30Minutes)}</dd>
        </div>
        <div>
          <dt>Events/s</dt>
          <dd>{eventsPerSecond === undefined ? '–' : eventsPerSecond.lastMinute.toFixed(1)}</dd>
        </div>
        <div>
          <dt>Errors</dt>
          <dd>{formatNumber(errors?.last30Minutes)}</dd>
        </div>
      </dl>
      <h3>Top pages</h3>
      {pages.length === 0 && <p className="muted">No views in the last 30 minutes.</p>}
      <ol className="top-pages">
        {pages.slice(0, SHOWN_PAGES).map(([path, views]) => (
          <li key={path} style={{ '--share': views / most } as React.CSSProperties}>
            <span>{path}</span>
            <span>{formatNumber(views)}</span>
          </li>
        ))}
      </ol>
    </Panel>
  )
}

/** Views by path, most first: the shop answers under more than one host name. */
function byPath(pages: RealtimeSummary['topPages']): [path: string, views: number][] {
  const sums = new Map<string, number>()
  for (const { page, views } of pages) {
    const path = URL.canParse(page) ? new URL(page).pathname : page
    sums.set(path, (sums.get(path) ?? 0) + views)
  }
  return [...sums].sort(([, a], [, b]) => b - a)
}
