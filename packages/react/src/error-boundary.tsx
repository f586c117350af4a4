import { Component, type ErrorInfo, type ReactNode } from 'react'
import { type AnalyticsClient, AnalyticsContext } from './provider.js'

/** What is shown in place of the children: a node, or a function of the error and of how to try again. */
export type ErrorFallback = ReactNode | ((props: { error: unknown; retry: () => void }) => ReactNode)

/** Props of {@link AnalyticsErrorBoundary}. */
export interface AnalyticsErrorBoundaryProps {
  /** @default nothing */
  fallback?: ErrorFallback
  children?: ReactNode
}

interface State {
  caught: { error: unknown } | null
}

/** Records what its children throw while they render, and shows the fallback. Works without a provider, then without recording. */
export class AnalyticsErrorBoundary extends Component<AnalyticsErrorBoundaryProps, State> {
  static override contextType: typeof AnalyticsContext = AnalyticsContext
  declare context: AnalyticsClient | null
  override state: State = { caught: null }

  /** @internal */
  static getDerivedStateFromError(error: unknown): State {
    return { caught: { error } }
  }

  /** @internal */
  override componentDidCatch(error: unknown, info: ErrorInfo): void {
    this.context?.trackError(error, { componentStack: info.componentStack?.slice(0, 2000) ?? null })
  }

  readonly #retry = (): void => this.setState({ caught: null })

  /** @internal */
  override render(): ReactNode {
    const { caught } = this.state
    const { fallback = null, children } = this.props
    if (!caught) return children
    return typeof fallback === 'function' ? fallback({ error: caught.error, retry: this.#retry }) : fallback
  }
}
