import type { QueryMeta } from '@analytics/protocol'
import { type ReactNode, useId } from 'react'
import { formatBytes, formatNumber } from './format.js'
import type { Loaded } from './hooks.js'

/** Props of {@link Panel}. */
export interface PanelProps {
  title: string
  className: string
  /** Stands right of the title. */
  aside?: ReactNode
  /** What the panel shows: its error takes the place of the children. */
  loaded: Loaded<unknown>
  /** Stands below everything else. */
  footer?: ReactNode
  children: ReactNode
}

/** A card of the dashboard. */
export function Panel({ title, className, aside, loaded, footer, children }: PanelProps): ReactNode {
  const titleId = useId()
  return (
    <section className={`panel ${className}`} aria-labelledby={titleId} aria-busy={loaded.isLoading}>
      <header>
        <h2 id={titleId}>{title}</h2>
        {aside}
      </header>
      {loaded.error !== undefined && (
        <p role="alert" className="error">
          {loaded.error}
        </p>
      )}
      {children}
      {footer && <footer>{footer}</footer>}
    </section>
  )
}

/** Where an answer came from. */
export function ReadFrom({ meta }: { meta: QueryMeta | undefined }): ReactNode {
  if (!meta) return null
  const { hot, cold, archived, memory } = meta.tiersRead
  return (
    <span data-testid="read-from">
      Read from: hot {formatNumber(hot.rows)} rows, cold {formatNumber(cold.segments)} segments
      {cold.bytes > 0 && ` (${formatBytes(cold.bytes)})`}
      {memory && `, ${formatNumber(memory.rows)} rows from memory`}
      {archived.segments > 0 && `, ${archived.segments} archived left out`} · {formatNumber(meta.durationMs)} ms
    </span>
  )
}
