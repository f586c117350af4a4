import type { Report } from './faults.js'
import type { EventInput } from './recorder.js'

/** What a plug-in may use. */
export interface PluginHost {
  record(input: EventInput): void
  /** Makes a listener or callback safe to give away: what it throws is reported, never passed on to the page. */
  guard<Arguments extends unknown[]>(run: (...values: Arguments) => void): (...values: Arguments) => void
}

/** A source of events: starts recording and returns how to stop it. */
export type Plugin = (host: PluginHost) => () => void

/** Makes a function that reports what another one throws. */
export function guardWith(report: Report): PluginHost['guard'] {
  return (run) =>
    (...values) => {
      try {
        run(...values)
      } catch (cause) {
        report('internal', `A fault in the tracker: ${String(cause)}`, cause)
      }
    }
}

/** Makes one stop of many. */
export function stopAll(stops: readonly (() => void)[]): () => void {
  return () => {
    for (const stop of stops) stop()
  }
}

/** Listens until the returned function is called. Passive: a page's scrolling never waits for us. */
export function listen<Type extends string>(
  target: EventTarget,
  type: Type,
  listener: (event: Event) => void,
  isCapture = false,
): () => void {
  target.addEventListener(type, listener, { capture: isCapture, passive: true })
  return () => target.removeEventListener(type, listener, { capture: isCapture })
}
