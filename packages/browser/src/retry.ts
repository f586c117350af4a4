import { type EventResult, isRecord } from '@analytics/protocol'

/** What became of a batch. */
export type Outcome =
  | { status: 'delivered' }
  | { status: 'mixed'; results: readonly EventResult[]; retryAfterMs: number | undefined }
  | { status: 'retry'; isNetwork: boolean; retryAfterMs: number | undefined }
  | { status: 'too_large' }
  | { status: 'refused'; code: string; message: string }

const HOUR_MS = 3_600_000

/** Milliseconds that a `Retry-After` header asks for, in seconds or as a date; at most an hour, undefined where it makes no sense. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === '') return undefined
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now
  return ms >= 0 ? Math.min(ms, HOUR_MS) : undefined
}

/** Full jitter: anything from nothing to a bound that doubles from 1 s to 60 s, so that visitors do not return together. */
export function backoffMs(failures: number, random: () => number): number {
  return random() * Math.min(60_000, 1000 * 2 ** (failures - 1))
}

/** How long to leave the network alone after requests that got no answer, from the third on: an ad blocker, most likely. */
export function circuitMs(networkFailures: number): number | undefined {
  return networkFailures < 3 ? undefined : Math.min(1_800_000, 60_000 * 2 ** (networkFailures - 3))
}

/** What an answer means for the batch. */
export async function readOutcome(response: Response, now: number): Promise<Outcome> {
  const { status, headers } = response
  const wait = retryAfterMs(headers.get('retry-after'), now)
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return { status: 'retry', isNetwork: false, retryAfterMs: wait }
  }
  if (status === 413) return { status: 'too_large' }
  const text = await response.text()
  if (status === 207) return readResults(text, wait)
  if (response.ok) {
    // An app that answers any path with its start page would swallow every event in silence.
    if (!headers.get('content-type')?.startsWith('text/html')) return { status: 'delivered' }
    return {
      status: 'refused',
      code: 'not_found',
      message: 'The endpoint answered with a page: check where the handler is mounted.',
    }
  }
  const { error } = parse(text)
  const code = isRecord(error) && typeof error.code === 'string' ? error.code : 'internal'
  return { status: 'refused', code, message: `The server refused a batch with status ${status}: ${code}.` }
}

function readResults(text: string, wait: number | undefined): Outcome {
  const { results } = parse(text)
  if (!Array.isArray(results)) return { status: 'retry', isNetwork: false, retryAfterMs: wait }
  return { status: 'mixed', results: results.filter(isRecord) as unknown as EventResult[], retryAfterMs: wait }
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}
