import { ServiceError } from './errors.js'
import type { ServiceState } from './state.js'

/** A request as an operation sees it. */
export interface Exchange {
  state: ServiceState
  /** UTC milliseconds of the service's clock. */
  now: number
  /** Parts of the path, decoded. */
  path: Readonly<Record<string, string>>
  query: URLSearchParams
  headers: Headers
  /** The whole body. */
  body: Buffer
}

/** What an operation answers; an object is sent as JSON. */
export interface Answer {
  status: number
  headers?: Readonly<Record<string, string | undefined>>
  body?: Buffer | object | string
}

/** The JSON of a request. @throws ServiceError 400 */
export function jsonOf({ body }: Exchange): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Answered below.
  }
  throw new ServiceError(400, 'InvalidParameter', 'The request body is not a JSON object')
}

/** A text of the JSON of a request; undefined where it is missing. @throws ServiceError 400 */
export function textOf(json: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = json[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  throw new ServiceError(400, 'InvalidParameter', `${name} is not a string`)
}

/** As {@link textOf}, of what must be there. @throws ServiceError 400 */
export function requiredText(json: Readonly<Record<string, unknown>>, name: string): string {
  const value = textOf(json, name)
  if (value !== undefined) return value
  throw new ServiceError(400, 'MissingParameter', `${name} is required`)
}

/** Instants as JSON bodies have them. */
export const jsonTime = (ms: number): string => new Date(ms).toISOString()

/** Instants as headers have them. */
export const httpTime = (ms: number): string => new Date(ms).toUTCString()

/**
 * Checks `if-match` and `if-none-match` of a request that writes.
 * @param etag Of what is there; undefined where nothing is.
 * @throws ServiceError 412
 */
export function checkConditions(headers: Headers, etag: string | undefined): void {
  checkIfMatch(headers.get('if-match'), etag)
  if (headers.get('if-none-match') === '*' && etag !== undefined) {
    throw new ServiceError(412, 'IfNoneMatchFailed', `The If-None-Match header is '*' but the object already exists`)
  }
}

/** @throws ServiceError 412 */
export function checkIfMatch(wanted: string | null | undefined, etag: string | undefined): void {
  if (wanted && wanted !== etag) {
    throw new ServiceError(
      412,
      'IfMatchFailed',
      `The If-Match header is '${wanted}' but the current entity tag is '${etag ?? ''}'`,
    )
  }
}

/** How many rows a page has. */
export function limitOf(query: URLSearchParams): number {
  const limit = Number(query.get('limit') ?? 1000)
  if (Number.isInteger(limit) && limit >= 1) return Math.min(limit, 1000)
  throw new ServiceError(400, 'InvalidParameter', `limit must be between 1 and 1000`)
}
