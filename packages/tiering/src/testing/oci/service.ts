import { randomUUID } from 'node:crypto'
import { addBucket, type NewBucket } from './buckets.js'
import { ServiceError } from './errors.js'
import { type Answer, type Exchange, httpTime } from './exchange.js'
import type { FaultedRequest, ServiceFault, ServiceFaults } from './faults.js'
import { findRoute, type ServiceTimes, signsBody } from './routes.js'
import { isSigned, isSignedBody, type SigningKey } from './signature.js'
import { archivalState, type ServiceState, type ServiceTier, settleWorkRequests } from './state.js'

/** Options of {@link ociService}. */
export interface OciServiceOptions {
  /** @default 'standin' */
  namespace?: string
  /** The service's clock, UTC milliseconds: restores and copies go by it. @default Date.now */
  now?: () => number
  /**
   * Keys that requests must be signed with. Without any, a request needs no signature.
   * @default []
   */
  keys?: readonly SigningKey[]
  /** How long a restore takes, in ms. The real one: up to an hour. @default 3600000 */
  restoreMs?: number
  /** How long a copy takes, in ms. @default 1000 */
  copyMs?: number
  /** What a read of an archived object answers; no public source says. @default 409 NotRestored */
  notRestored?: { status: number; code: string }
  /** Makes requests fail. */
  faults?: ServiceFaults
}

/** A request that was answered, for tests that count. */
export interface ServedRequest extends FaultedRequest {
  method: string
  /** Path and query as they were sent. */
  target: string
  headers: Headers
  status: number
  /** Bytes of the bodies. */
  sent: number
  received: number
}

/** An object as the stand-in holds it, for tests that look. */
export interface HeldObject {
  name: string
  versionId: string
  isDeleteMarker: boolean
  bytes: Buffer
  tier: ServiceTier
  archivalState: 'Archived' | 'Restoring' | 'Restored' | undefined
}

/** What a request is answered with: the fault, where there is one, is for whoever owns the connection. */
export interface Served {
  response: Response
  fault: ServiceFault | undefined
}

/** OCI Object Storage as far as tiering uses it, in memory. */
export interface OciService {
  readonly namespace: string
  /** Makes an empty bucket. @throws ServiceError where the service would refuse it. */
  addBucket(bucket: NewBucket): void
  /** Every version of every object of a bucket, by name, newest first. */
  objects(bucket: string): HeldObject[]
  /** The requests so far. */
  readonly requests: readonly ServedRequest[]
  /** Changes what goes wrong from now on; undefined for nothing. */
  fail(faults: ServiceFaults | undefined): void
  /** Answers a request, faults not played out. */
  serve(request: Request): Promise<Served>
  /** Answers as the network would, faults played out: a broken connection rejects. For `fetch` of tests, and for msw. */
  fetch(request: Request): Promise<Response>
}

const NOT_AUTHENTICATED = new ServiceError(
  401,
  'NotAuthenticated',
  'The required information to complete authentication was not provided or was incorrect.',
)

/**
 * Stands in for the service: signatures, tiers, an archival clock, copies that end later and fail where their source changes,
 * versions, conditions, parts, pages, retention rules. Held to recorded answers of the real service by test.
 * @example
 * const service = ociService()
 * service.addBucket({ name: 'cold' })
 */
export function ociService(options: OciServiceOptions = {}): OciService {
  const { namespace = 'standin', now = Date.now, keys = [] } = options
  const { restoreMs = 3_600_000, copyMs = 1000, notRestored = { status: 409, code: 'NotRestored' } } = options
  const times: ServiceTimes = { restoreMs, copyMs, notRestored }
  const state: ServiceState = { namespace, buckets: new Map(), workRequests: new Map() }
  const requests: ServedRequest[] = []
  let { faults } = options

  /** What the service answers and does; a fault that keeps it from doing anything is heeded. */
  function answer(
    exchange: Omit<Exchange, 'state' | 'path'>,
    { method, target }: { method: string; target: string },
    found: NonNullable<ReturnType<typeof findRoute>>,
    fault: ServiceFault | undefined,
  ): Answer {
    const { operation, run } = found.route
    if (fault?.kind === 'refuse') {
      const after = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) }
      throw new ServiceError(fault.status, fault.code, 'The service refuses, as it was told to', after)
    }
    const signs = signsBody(operation, method)
    const { headers, body, now: at } = exchange
    if (keys.length > 0) {
      // By the clock on the wall, which is that of whoever signs: the service's may be moved on by a test.
      const isAuthentic = isSigned({ method, target, headers }, { keys, signsBody: signs, now: Date.now() })
      if (!isAuthentic || (signs && !isSignedBody(body, headers))) throw NOT_AUTHENTICATED
    }
    settleWorkRequests(state, at)
    return run({ ...exchange, state, path: found.path }, times)
  }

  async function serve(request: Request): Promise<Served> {
    const { pathname, search, searchParams } = new URL(request.url)
    const { method, headers } = request
    const target = pathname + search
    const body = Buffer.from(await request.arrayBuffer())
    const found = findRoute(method, pathname)
    if (!found) {
      const error = new ServiceError(
        404,
        'NotAuthorizedOrNotFound',
        'Authorization failed or requested resource not found.',
      )
      return { response: responseOf(errorAnswer(error), request, now()), fault: undefined }
    }
    const { bucket, object } = found.path
    const facts: FaultedRequest = { operation: found.route.operation, bucket, object, number: requests.length + 1 }
    const fault = faults?.(facts)
    const served: ServedRequest = { ...facts, method, target, headers, status: 0, sent: 0, received: body.byteLength }
    requests.push(served)
    const exchange = { now: now(), query: searchParams, headers, body }
    let answered: Answer
    try {
      const isIdle = fault?.kind === 'fail-before' || fault?.kind === 'hang'
      answered = isIdle ? { status: 503 } : answer(exchange, { method, target }, found, fault)
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      answered = errorAnswer(error)
    }
    if (fault?.kind === 'stale-list') answered = staleListing(answered, fault.missing)
    const response = responseOf(answered, request, exchange.now, fault)
    served.status = answered.status
    served.sent = Number(response.headers.get('content-length') ?? 0)
    return { response, fault }
  }

  return {
    namespace,
    requests,
    addBucket: (bucket) => void addBucket(state, bucket, now()),
    objects: (name) =>
      [...(state.buckets.get(name)?.objects.values() ?? [])]
        .flat()
        .map((one) => ({
          name: one.name,
          versionId: one.versionId,
          isDeleteMarker: one.isDeleteMarker,
          bytes: one.bytes,
          tier: one.tier,
          archivalState: archivalState(one, now()),
        }))
        .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    fail(next) {
      faults = next
    },
    serve,
    async fetch(request) {
      const { response, fault } = await serve(request)
      return played(response, fault, request.signal)
    },
  }
}

function errorAnswer({ status, code, message, headers }: ServiceError): Answer {
  return { status, headers, body: { code, message } }
}

/** A listing without its newest objects. */
function staleListing(answer: Answer, missing: number): Answer {
  const { objects, ...rest } = (answer.body ?? {}) as { objects?: unknown[] }
  return objects
    ? { ...answer, body: { ...rest, objects: objects.slice(0, Math.max(0, objects.length - missing)) } }
    : answer
}

const NO_BODY: readonly number[] = [204, 304]

function responseOf(answer: Answer, request: Request, now: number, fault?: ServiceFault): Response {
  const { status, body } = answer
  const headers = new Headers({
    date: httpTime(now),
    'opc-request-id': `standin:${randomUUID()}`,
    'x-api-id': 'native',
  })
  const clientId = request.headers.get('opc-client-request-id')
  if (clientId) headers.set('opc-client-request-id', clientId)
  const isJson = body !== undefined && !Buffer.isBuffer(body)
  if (isJson) headers.set('content-type', 'application/json')
  for (const [name, value] of Object.entries(answer.headers ?? {})) if (value !== undefined) headers.set(name, value)
  const bytes = isJson
    ? Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
    : (body as Buffer | undefined)
  if (NO_BODY.includes(status)) return new Response(null, { status, headers })
  if (!headers.has('content-length')) headers.set('content-length', String(bytes?.byteLength ?? 0))
  if (request.method === 'HEAD') return new Response(null, { status, headers })
  return new Response(new Uint8Array(fault?.kind === 'flip-bit' ? flipped(bytes, fault.at) : (bytes ?? [])), {
    status,
    headers,
  })
}

function flipped(bytes: Buffer | undefined, at: number): Buffer {
  const copy = Buffer.from(bytes ?? [])
  if (at < copy.byteLength) copy[at]! ^= 1
  return copy
}

/** Plays a fault out as whoever sent the request sees it. */
async function played(response: Response, fault: ServiceFault | undefined, signal: AbortSignal): Promise<Response> {
  switch (fault?.kind) {
    case 'fail-before':
    case 'fail-after':
      throw new TypeError('fetch failed')
    case 'hang':
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
    case 'slow':
      await new Promise((resolve) => setTimeout(resolve, fault.ms))
      return response
    case 'truncate': {
      const bytes = new Uint8Array(await response.arrayBuffer()).subarray(0, fault.at)
      const broken = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (bytes.byteLength > 0) controller.enqueue(bytes)
          controller.error(new TypeError('terminated'))
        },
      })
      return new Response(broken, { status: response.status, headers: response.headers })
    }
    default:
      return response
  }
}

export type { NewBucket, SigningKey }
