import { type ReactNode, useEffect, useRef } from 'react'
import { useClient } from './provider.js'

/** Props of {@link TrackView}. */
export interface TrackViewProps {
  /** What was seen: the label of the event. */
  name: string
  children?: ReactNode
}

/**
 * Records once that its place was on screen: a `feature_usage` with the name as label and the action `view`. Where the
 * browser cannot tell what is on screen, being mounted counts.
 */
export function TrackView({ name, children }: TrackViewProps): ReactNode {
  const client = useClient()
  const marker = useRef<HTMLSpanElement>(null)
  const seen = useRef<string>(undefined)
  useEffect(() => {
    let isMounted = true
    const record = () => {
      if (!isMounted || seen.current === name) return
      seen.current = name
      client.trackFeatureUsage(name, 'view')
    }
    const observer =
      typeof IntersectionObserver === 'function' && marker.current
        ? new IntersectionObserver((entries) => {
            if (!entries.some((entry) => entry.isIntersecting)) return
            record()
            observer?.disconnect()
          })
        : undefined
    if (observer && marker.current) observer.observe(marker.current)
    else queueMicrotask(record)
    return () => {
      isMounted = false
      observer?.disconnect()
    }
  }, [client, name])
  // Out of the flow, so that neither a flex gap nor a grid cell is spent on it.
  return (
    <>
      <span ref={marker} aria-hidden="true" style={{ position: 'absolute' }} />
      {children}
    </>
  )
}
