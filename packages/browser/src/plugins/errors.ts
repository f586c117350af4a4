import type { JsonObject } from '@analytics/protocol'
import type { BuiltInType } from '../built-in.js'
import { cut, redactUrlsIn } from '../context.js'
import { listen, type PluginHost, stopAll } from '../plugin.js'
import type { Counters } from '../stats.js'

const MAX_OF_A_KIND = 10
const MAX_OF_A_PAGE = 100
const MAX_STACK = 4000

/** Records errors, the caught and the uncaught, within bounds: a loop that throws must not become a flood. */
export class Errors {
  readonly #host: PluginHost
  readonly #counters: Counters
  readonly #kinds = new Map<string, number>()
  readonly #seen = new WeakSet<object>()
  #total = 0

  constructor(host: PluginHost, counters: Counters) {
    this.#host = host
    this.#counters = counters
  }

  track(error: unknown, context?: JsonObject): void {
    // An error that is caught, recorded and thrown again reaches the window too.
    if (typeof error === 'object' && error !== null) {
      if (this.#seen.has(error)) return
      this.#seen.add(error)
    }
    const { name, message, stack } = describe(error)
    const fingerprint = fingerprintOf(name, message, stack)
    const count = this.#kinds.get(fingerprint) ?? 0
    if (count >= MAX_OF_A_KIND || this.#total >= MAX_OF_A_PAGE) {
      this.#counters.recorded++
      this.#counters.dropped.rate_limited++
      return
    }
    this.#total++
    this.#kinds.set(fingerprint, count + 1)
    const properties = {
      message,
      name,
      severity: 'error',
      fingerprint,
      ...(stack ? { stack } : {}),
      ...(context ? { context } : {}),
    }
    this.#host.record({ eventType: 'error' satisfies BuiltInType, properties })
  }

  /** Records uncaught errors and unhandled rejections. Returns how to stop. */
  watch(): () => void {
    const { guard } = this.#host
    const stops = [
      listen(
        window,
        'error',
        guard((event) => this.track((event as ErrorEvent).error ?? (event as ErrorEvent).message)),
      ),
      listen(
        window,
        'unhandledrejection',
        guard((event) => this.track((event as PromiseRejectionEvent).reason)),
      ),
    ]
    return stopAll(stops)
  }
}

/** Anything can be thrown, and its getters may throw as well: then the guard reports it. */
function describe(error: unknown): { name: string; message: string; stack: string } {
  const { name, message, stack } = (typeof error === 'object' && error !== null ? error : {}) as Partial<Error>
  return {
    name: cut(typeof name === 'string' && name ? name : 'Error', 100),
    message: cut(redactUrlsIn(typeof message === 'string' ? message : cut(String(error), 2000)), 1000),
    stack: cut(redactUrlsIn(typeof stack === 'string' ? cut(stack, 2 * MAX_STACK) : ''), MAX_STACK),
  }
}

/** The same for errors of the same name, place and message, whatever numbers the message holds. */
function fingerprintOf(name: string, message: string, stack: string): string {
  const place = /^\s*(?:at .*|.*@.*:\d+:\d+)$/m.exec(stack)?.[0].trim() ?? ''
  const text = `${name}|${message.replace(/\d+/g, '0')}|${place}`
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
