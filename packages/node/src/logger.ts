import { errorCode } from '@analytics/protocol'

/** Where the library reports to; pino, winston's and console's methods fit. Never given event contents or keys. */
export interface Logger {
  /** For whoever looks for a fault. */
  debug(facts: Readonly<Record<string, unknown>>, message: string): void
  /** What happened, and was meant to. */
  info(facts: Readonly<Record<string, unknown>>, message: string): void
  /** What works, but not as it should. */
  warn(facts: Readonly<Record<string, unknown>>, message: string): void
  /** What failed. */
  error(facts: Readonly<Record<string, unknown>>, message: string): void
}

/** Warnings and errors on the console, nothing else. */
export const consoleLogger: Logger = {
  debug() {},
  info() {},
  warn: (facts, message) => console.warn(`[analytics] ${message}`, facts),
  error: (facts, message) => console.error(`[analytics] ${message}`, facts),
}

/** What a log may say of an error: never its input. A database's message may quote a value, so only its code is told. */
export function errorFacts(error: unknown): Record<string, unknown> {
  const { code, name, message } = (error ?? {}) as { code?: unknown; message?: unknown; name?: unknown }
  return { code, name, ...(errorCode(error) ? { message } : {}) }
}
