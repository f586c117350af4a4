import type { MetricDefinition, MetricName, Range } from '@analytics/protocol'
import { type ReactNode, useState } from 'react'
import type { Api } from './api.js'
import { useQuery } from './hooks.js'
import { Panel, ReadFrom } from './panel.js'
import { TrendChart } from './trend-chart.js'

const METRICS: Readonly<Record<string, MetricName | MetricDefinition>> = {
  Visitors: 'users',
  Sessions: 'sessions',
  'Page views': 'page_views',
  'Revenue, €': { name: 'revenue', event: 'purchase', aggregate: 'sum', property: 'properties.amount' },
  Errors: 'errors',
}

/** One number, day by day. */
export function TrendPanel({ api, range, turn }: { api: Api; range: Range; turn: number }): ReactNode {
  const [label, setLabel] = useState('Visitors')
  const trend = useQuery(api, { kind: 'trend', range, metrics: [METRICS[label]!], interval: 'day' }, turn)
  const choice = (
    <select aria-label="Metric" value={label} onChange={({ target }) => setLabel(target.value)}>
      {Object.keys(METRICS).map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  )
  return (
    <Panel title="Trend" className="trend" loaded={trend} aside={choice} footer={<ReadFrom meta={trend.value?.meta} />}>
      <TrendChart label={label} points={trend.value?.result.series[0]?.points ?? []} />
    </Panel>
  )
}
