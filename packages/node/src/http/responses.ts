import { AnalyticsError, ERROR_CODES, type ErrorBody, errorCode } from '@analytics/protocol'

/** Seconds after which a refused caller may come again. */
const RETRY_AFTER_S = 5

/** A JSON answer. Nothing of it is cached. */
export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
  })
}

/** What a caller is told of an error. Of errors that are not the library's own it is nothing but the requestId. */
export function errorBody(error: unknown, requestId: string): ErrorBody {
  const code = errorCode(error) ?? 'internal'
  const own = code === 'internal' ? undefined : (error as AnalyticsError)
  return {
    error: {
      code,
      message: own?.message ?? 'The request failed on the server.',
      requestId,
      ...(own?.field === undefined ? {} : { field: own.field }),
      ...(own?.details === undefined ? {} : { details: own.details }),
    },
  }
}

/** The answer to a failed call, with the status of its code unless another one is given. */
export function failure(error: unknown, requestId: string, status?: number): Response {
  const body = errorBody(error, requestId)
  const { code, details = {} } = body.error
  const { httpStatus, retryable } = ERROR_CODES[code]
  // No failure to whoever asked for it: an answer that is to come.
  if (code === 'restoring') return json(details, httpStatus)
  const mayRetry = retryable && (httpStatus === 429 || httpStatus === 503)
  return json(body, status ?? httpStatus, mayRetry ? { 'retry-after': String(RETRY_AFTER_S) } : {})
}

/** An answer to a path that is not there, or not with this method. */
export function notAllowed(allowed: readonly string[], requestId: string): Response {
  const response = failure(new AnalyticsError('method_not_allowed', `Use ${allowed.join(' or ')}.`), requestId)
  response.headers.set('allow', allowed.join(', '))
  return response
}
