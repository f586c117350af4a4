import { AnalyticsError, errorCode } from '@analytics/protocol'

/** A request that was not answered as hoped. */
export class RequestFailure extends Error {
  /** Of the answer; undefined where none came. */
  readonly status: number | undefined
  /** The service's code, such as `ObjectNotFound`; `HEAD` has none. */
  readonly code: string | undefined
  /** How long the service asks to be left alone. */
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    facts: { status?: number; code?: string | undefined; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: facts.cause })
    this.status = facts.status
    this.code = facts.code
    this.retryAfterMs = facts.retryAfterMs
  }

  /** Whether the same request may succeed later. */
  get isPassing(): boolean {
    const { status } = this
    if (status === undefined || status === 408 || status === 429) return true
    // A `HEAD` has no code: its conflict can only be this one.
    return status >= 500 || (status === 409 && (this.code ?? 'IncorrectState') === 'IncorrectState')
  }

  /** Whether the service may have done it all the same. */
  get isUnknown(): boolean {
    return this.status === undefined || this.status >= 500 || this.status === 408
  }
}

/** What an answer that is no success says. */
export async function failureOf(response: Response, now: number): Promise<RequestFailure> {
  const { status, headers } = response
  const text = await response.text().catch(() => '')
  const { code, message } = bodyOf(text)
  const id = headers.get('opc-request-id') ?? 'unknown'
  return new RequestFailure(`${status} ${code ?? ''} ${message ?? ''} (opc-request-id ${id})`, {
    status,
    code,
    retryAfterMs: retryAfterOf(headers.get('retry-after'), now),
  })
}

function bodyOf(text: string): { code?: string; message?: string } {
  try {
    const body = JSON.parse(text) as { code?: unknown; message?: unknown } | null
    return {
      ...(typeof body?.code === 'string' ? { code: body.code } : {}),
      ...(typeof body?.message === 'string' ? { message: body.message } : {}),
    }
  } catch {
    return {}
  }
}

/** Seconds or a date, as HTTP has it. */
function retryAfterOf(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}

/**
 * The error that callers see of a failure that is final.
 * @param isUnknown Whether what was asked for may have happened.
 */
export function errorOf(failure: unknown, what: string, isUnknown: boolean): unknown {
  if (!(failure instanceof RequestFailure)) return failure
  if (errorCode(failure.cause) !== undefined) return failure.cause
  const message = `${what} failed: ${failure.message}`
  if (failure.status === 404) return new AnalyticsError('object_not_found', message, { cause: failure })
  if (isUnknown) return new AnalyticsError('outcome_unknown', message, { cause: failure })
  return new AnalyticsError('store_unavailable', message, { cause: failure })
}
