import type { TrendPoint } from '@analytics/protocol'
import type { ReactNode } from 'react'
import { formatDay, formatLongDay, formatNumber } from './format.js'

const WIDTH = 760
const HEIGHT = 236
const LEFT = 44
const BOTTOM = 22
const TOP = 8
const DAY_LABELS = 6
/** Days that the line is the mean of. */
const MEAN_DAYS = 7

/** A bar for each day, and the mean of the week before it as a line. A day that is not over is drawn lighter. */
export function TrendChart({ label, points }: { label: string; points: readonly TrendPoint[] }): ReactNode {
  const top = niceCeiling(Math.max(2, ...points.map(({ value }) => value ?? 0)))
  const slot = (WIDTH - LEFT) / Math.max(1, points.length)
  const x = (i: number) => LEFT + i * slot
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)
  const labelEvery = Math.ceil(points.length / DAY_LABELS)
  return (
    <svg className="trend-chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${label} by day`}>
      {[0, 0.5, 1].map((share) => (
        <g key={share}>
          <line className="grid" x1={LEFT} x2={WIDTH} y1={y(top * share)} y2={y(top * share)} />
          <text x={LEFT - 8} y={y(top * share) + 4} textAnchor="end">
            {formatNumber(top * share)}
          </text>
        </g>
      ))}
      {points.map(({ start, value, complete }, i) => (
        <g key={start} className="day">
          {/* As high as the chart, so that a low bar has a place to point at. */}
          <rect className="hit" x={x(i)} y={TOP} width={slot} height={HEIGHT - TOP - BOTTOM} />
          <rect
            className={complete ? 'value' : 'value open'}
            x={x(i) + slot * 0.14}
            y={y(value ?? 0)}
            width={slot * 0.72}
            height={y(0) - y(value ?? 0)}
            rx={Math.min(3, slot * 0.2)}
          />
          <title>{`${formatLongDay(start)}: ${formatNumber(value)}${complete ? '' : ' so far'}`}</title>
        </g>
      ))}
      <polyline
        className="mean"
        points={means(points)
          .map(([i, mean]) => `${x(i + 0.5)},${y(mean)}`)
          .join(' ')}
      />
      {points.map(({ start }, i) =>
        i % labelEvery === 0 ? (
          <text key={start} x={x(i)} y={HEIGHT - 5}>
            {formatDay(start)}
          </text>
        ) : null,
      )}
    </svg>
  )
}

/** The mean of each day and the six before it; days that are not over would pull it down. */
function means(points: readonly TrendPoint[]): [index: number, mean: number][] {
  return points.flatMap(({ complete }, i): [number, number][] => {
    const week = points.slice(i - MEAN_DAYS + 1, i + 1)
    if (!complete || i < MEAN_DAYS - 1) return []
    return [[i, week.reduce((sum, { value }) => sum + (value ?? 0), 0) / week.length]]
  })
}

/** The next number above that reads well on an axis. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return power * ([1, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value) ?? 10)
}
