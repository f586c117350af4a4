/** What one error code means to a caller. */
export interface ErrorCodeInfo {
  /** The HTTP status that carries it; for a code of a single event, the status it had alone. */
  readonly httpStatus: number
  /** Whether the same call can succeed later without a change. */
  readonly retryable: boolean
  /** What to do about it. */
  readonly advice: string
}

const permanent = (httpStatus: number, advice: string): ErrorCodeInfo => ({ httpStatus, retryable: false, advice })
const passing = (httpStatus: number, advice: string): ErrorCodeInfo => ({ httpStatus, retryable: true, advice })

/** Every code that an error of these packages carries. */
export type ErrorCode =
  | 'invalid_event'
  | 'invalid_event_id'
  | 'invalid_event_type'
  | 'invalid_identity'
  | 'invalid_session_id'
  | 'invalid_timestamp'
  | 'invalid_value'
  | 'invalid_properties'
  | 'event_too_large'
  | 'schema_violation'
  | 'consent_denied'
  | 'suppressed'
  | 'invalid_json'
  | 'invalid_batch'
  | 'invalid_query'
  | 'key_missing'
  | 'key_unknown'
  | 'key_scope'
  | 'origin_forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'body_stalled'
  | 'body_too_large'
  | 'encoding_unsupported'
  | 'overloaded'
  | 'store_unavailable'
  | 'query_timeout'
  | 'query_too_large'
  | 'too_many_queries'
  | 'internal'
  | 'aborted'
  | 'invalid_options'
  | 'store_locked'
  | 'schema_mismatch'
  | 'closed'
  | 'missing_dependency'
  | 'object_exists'
  | 'object_not_found'
  | 'object_archived'
  | 'checksum_mismatch'
  | 'verification_failed'
  | 'outcome_unknown'
  | 'lease_lost'
  | 'job_running'
  | 'catalog_conflict'
  | 'archived'
  | 'restoring'

/** Every error code, with its HTTP status, whether a retry can help, and what to do. */
export const ERROR_CODES: Readonly<Record<ErrorCode, ErrorCodeInfo>> = {
  // One event
  invalid_event: permanent(400, 'Send an object with the fields of WireEvent.'),
  invalid_event_id: permanent(400, 'Send eventId as a canonical upper-case ULID of 26 characters.'),
  invalid_event_type: permanent(400, 'Send eventType as text of 1 to 100 characters.'),
  invalid_identity: permanent(400, 'Send userId or anonymousId, 1 to 128 characters each.'),
  invalid_session_id: permanent(400, 'Send sessionId as text of 1 to 64 characters.'),
  invalid_timestamp: permanent(400, 'Send timestamp as an ISO 8601 instant.'),
  invalid_value: permanent(400, 'Send eventValue as a finite number.'),
  invalid_properties: permanent(400, 'Send properties as a JSON object within the limits of depth and keys.'),
  event_too_large: permanent(413, 'Keep an event within 32 KiB of JSON.'),
  schema_violation: permanent(400, 'Send the properties that this event type is defined with.'),
  consent_denied: permanent(400, 'Nothing: events of people who denied consent are not stored.'),
  suppressed: permanent(400, 'Nothing: the person was erased, and is not stored again.'),
  // A request
  invalid_json: permanent(400, 'Send the body as JSON in UTF-8.'),
  invalid_batch: permanent(400, 'Send { sentAt, events: [...] }.'),
  invalid_query: permanent(400, 'Correct the field that the message names.'),
  key_missing: permanent(401, 'Send a key: Authorization: Bearer, X-Write-Key, or ?k= for a write key.'),
  key_unknown: permanent(401, 'Check the key; it may have been rotated.'),
  key_scope: permanent(403, 'Use a key whose scope covers this route.'),
  origin_forbidden: permanent(403, "Add the page's origin to the key's origins."),
  not_found: permanent(404, 'Check the path below the mount point.'),
  method_not_allowed: permanent(405, 'Use the method that the Allow header names.'),
  body_stalled: passing(408, 'Send the body without pausing.'),
  body_too_large: permanent(413, 'Send smaller batches.'),
  encoding_unsupported: permanent(415, 'Use gzip, deflate, br or no content encoding.'),
  overloaded: passing(503, 'Retry after the time that Retry-After names.'),
  store_unavailable: passing(503, 'Retry after the time that Retry-After names; see the server log.'),
  query_timeout: passing(504, 'Ask a shorter range, or raise timeoutMs.'),
  query_too_large: permanent(422, 'Ask a shorter range, or raise the option queries.maxRows.'),
  too_many_queries: passing(429, 'Retry after the time that Retry-After names.'),
  internal: permanent(500, 'See the server log under the requestId.'),
  aborted: permanent(499, 'The caller ended the call.'),
  // The library in its host
  invalid_options: permanent(500, 'Correct the option that the message names.'),
  store_locked: permanent(500, 'Stop the other process that has the database file open, or use a server database.'),
  schema_mismatch: permanent(500, 'Migrate the database, or run the version of the library that made it.'),
  closed: permanent(503, 'Create a new instance: this one was closed.'),
  missing_dependency: permanent(500, 'Install the package that the message names.'),
  // Tiering
  object_exists: permanent(409, 'Nothing was overwritten; use another object name.'),
  object_not_found: permanent(404, 'Check the object name and the bucket.'),
  object_archived: permanent(409, 'Restore the object first.'),
  checksum_mismatch: passing(502, 'The bytes were damaged on the way; nothing was deleted. Run again.'),
  verification_failed: passing(500, 'The copy differs from the hot rows; nothing was deleted. Run again.'),
  outcome_unknown: passing(500, 'It may or may not have happened; nothing was deleted. Run again.'),
  lease_lost: passing(409, 'Another worker took over; it goes on with the work.'),
  job_running: passing(409, 'Wait until the run that is under way has ended.'),
  catalog_conflict: passing(409, 'The catalog changed meanwhile. Run again.'),
  archived: permanent(409, 'Ask with onArchived: restore or partial, or restore the days that the details name.'),
  restoring: passing(202, 'Ask again after readyBy: the days are being restored.'),
}

/** Options of {@link AnalyticsError}. */
export interface AnalyticsErrorOptions {
  cause?: unknown
  /** The field of the input at fault, such as `steps[1].where`. */
  field?: string
  /** Facts for a program: sizes, days, what a restore would need. Never event contents. */
  details?: JsonSafe
}
type JsonSafe = Readonly<Record<string, unknown>>

/**
 * The one error class. Tell errors apart by `code`: it survives bundling and copies of the package, `instanceof` may not.
 * Messages say what happened and hold neither secrets nor event contents.
 */
export class AnalyticsError extends Error {
  override readonly name = 'AnalyticsError'
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly httpStatus: number
  readonly field: string | undefined
  readonly details: JsonSafe | undefined

  constructor(code: ErrorCode, message: string = ERROR_CODES[code].advice, options: AnalyticsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = ERROR_CODES[code].retryable
    this.httpStatus = ERROR_CODES[code].httpStatus
    this.field = options.field
    this.details = options.details
  }
}

/** The code of an error of this library, whichever copy of the package made it; undefined for other errors. */
export function errorCode(error: unknown): ErrorCode | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : undefined
}
