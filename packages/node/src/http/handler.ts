import { randomUUID } from 'node:crypto'
import {
  AnalyticsError,
  type CohortDefinition,
  errorCode,
  isRecord,
  LIMITS,
  type Metric,
  parseBatch,
  parseStoredEvent,
  type Query,
  type StoredEvent,
} from '@analytics/protocol'
import { parseQuery } from '../analysis/parse-query.js'
import type { QueryEngine } from '../analysis/query.js'
import type { ColdTier } from '../cold-tier.js'
import type { Definitions } from '../definitions/definitions.js'
import type { ImportResult } from '../import.js'
import type { ClientFacts } from '../ingest/client.js'
import type { Pipeline } from '../ingest/pipeline.js'
import { errorFacts, type Logger } from '../logger.js'
import type { Privacy } from '../privacy/privacy.js'
import type { EventQueue } from '../queue.js'
import type { Realtime } from '../realtime/realtime.js'
import { realtimeStream } from '../realtime/realtime-stream.js'
import type { HotStore } from '../store.js'
import type { Gatekeeper, Scope } from './auth.js'
import { readJson } from './body.js'
import { definitionRoutes } from './definition-routes.js'
import { failure, json, notAllowed } from './responses.js'
import { answerOperation } from './tier-operations.js'

/** What an adapter knows of a request beyond the standard object. */
export interface RequestContext {
  /** The framework's own request, handed to `identify` and `authorize`. */
  raw?: unknown
  /** Address of the peer. */
  remoteAddress?: string | undefined
  /** Where the handler is mounted, such as `/analytics`, if the request's path still has it. */
  basePath?: string
}

/** Answers a request below the mount point. */
export type Handler = (request: Request, context?: RequestContext) => Promise<Response>

/** Finds out, on the server, who the user is. Beats what the client claims. */
export type Identify = (context: { request: Request; raw: unknown }) => string | undefined | Promise<string | undefined>

/** What the handler is made of. */
export interface HandlerParts {
  pipeline: Pipeline
  engine: QueryEngine
  store: HotStore
  queue: EventQueue
  cold: ColdTier | undefined
  importEvents: (events: readonly StoredEvent[]) => Promise<ImportResult>
  privacy: Pick<Privacy, 'erase' | 'status' | 'receipt'>
  metrics: Definitions<Metric>
  cohorts: Definitions<CohortDefinition>
  gatekeeper: Gatekeeper
  identify: Identify | undefined
  clientFacts: (userAgent: string | null, address: string | undefined) => ClientFacts
  trustProxy: number
  realtime: Realtime
  logger: Logger
  now: () => number
}

interface Call {
  request: Request
  context: RequestContext
  requestId: string
  /** Below the mount point, without a slash at its end. */
  path: string
  /** The last part of the path, where the route has any there. */
  id: string
}

interface Route {
  scope?: Scope
  answer(parts: HandlerParts, call: Call): Response | Promise<Response>
}

const ROUTES: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  '/events': { POST: { scope: 'write', answer: acceptEvents } },
  '/query': { POST: { scope: 'read', answer: answerQuery } },
  '/realtime': {
    GET: { scope: 'read', answer: ({ realtime }, { request }) => realtimeStream(realtime, request.signal) },
  },
  '/tiers': { GET: { scope: 'read', answer: async ({ cold, store }) => json(await tierStatus(cold, store)) } },
  '/tiers/**': {
    POST: {
      scope: 'admin',
      answer: ({ cold, logger }, { request, requestId, path }) =>
        answerOperation({ cold: assertCold(cold), operation: operationOf(path), request, requestId, logger }),
    },
  },
  ...definitionRoutes('/metrics', ({ metrics }: HandlerParts) => metrics),
  ...definitionRoutes('/cohorts', ({ cohorts }: HandlerParts) => cohorts),
  '/import': { POST: { scope: 'admin', answer: importBatch } },
  '/users/*': { DELETE: { scope: 'admin', answer: eraseUser } },
  '/erasures/*': { GET: { scope: 'admin', answer: erasureStatus } },
  '/health': { GET: { answer: () => json({ status: 'up' }) } },
  '/ready': { GET: { answer: readiness } },
}

/** Builds the plain handler, which the framework adapters mount. */
export function createHandler(parts: HandlerParts): Handler {
  return async (request, context = {}) => {
    const requestId = randomUUID()
    const path = pathOf(request, context)
    const response = await respond(parts, { request, context, requestId, path, id: idOf(path) })
    response.headers.set('x-request-id', requestId)
    return response
  }
}

function pathOf(request: Request, { basePath = '' }: RequestContext): string {
  const { pathname } = new URL(request.url)
  const path = basePath !== '' && pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : pathname
  return path.replace(/\/$/, '')
}

/** The last part of a path; empty where it can't be read. */
function idOf(path: string): string {
  try {
    return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1))
  } catch {
    return ''
  }
}

/** The name of an operation, of which each word is a part of the path. */
function operationOf(path: string): string {
  return path.slice('/tiers/'.length).replaceAll('/', ' ')
}

/** What is at a path: a route of exactly that, or one of anything as its last part, or of anything behind its first. */
function methodsAt({ path, id }: Call): Readonly<Record<string, Route>> | undefined {
  const any = id === '' ? path : `${path.slice(0, path.lastIndexOf('/'))}/*`
  const below = `/${path.split('/', 2)[1]}/**`
  const key = [path, any, below].find((one) => Object.hasOwn(ROUTES, one))
  return key === undefined ? undefined : ROUTES[key]
}

async function respond(parts: HandlerParts, call: Call): Promise<Response> {
  const { request, context, requestId, path } = call
  const methods = methodsAt(call)
  if (!methods) return failure(new AnalyticsError('not_found', 'There is nothing at this path.'), requestId)
  if (request.method === 'OPTIONS') return preflight(parts.gatekeeper, request, Object.keys(methods))
  // Health checks ask by HEAD, too: the server leaves the body out.
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const route = Object.hasOwn(methods, method) ? methods[method] : undefined
  if (!route) return notAllowed(Object.keys(methods), requestId)
  let allowOrigin: string | undefined
  try {
    if (route.scope) allowOrigin = (await parts.gatekeeper.admit(request, context.raw, route.scope)).allowOrigin
    return withOrigin(await route.answer(parts, call), allowOrigin)
  } catch (error) {
    if (!errorCode(error)) parts.logger.error({ ...errorFacts(error), requestId, path }, 'a request failed')
    return withOrigin(failure(error, requestId), allowOrigin)
  }
}

function withOrigin(response: Response, allowOrigin: string | undefined): Response {
  if (allowOrigin !== undefined) {
    response.headers.set('access-control-allow-origin', allowOrigin)
    // A page of another origin sees no other headers of ours, and the tracker waits as long as it is told.
    response.headers.set('access-control-expose-headers', 'retry-after, x-request-id')
  }
  response.headers.append('vary', 'origin')
  return response
}

function preflight(gatekeeper: Gatekeeper, request: Request, methods: readonly string[]): Response {
  const origin = request.headers.get('origin')
  const headers: Record<string, string> =
    origin !== null && gatekeeper.preflight(origin)
      ? {
          'access-control-allow-origin': origin,
          'access-control-allow-methods': methods.join(', '),
          'access-control-allow-headers': 'authorization, content-type, content-encoding, x-write-key',
          'access-control-max-age': '86400',
        }
      : {}
  return new Response(null, { status: 204, headers: { ...headers, vary: 'origin' } })
}

async function acceptEvents(parts: HandlerParts, { request, context }: Call): Promise<Response> {
  const receivedAt = parts.now()
  const batch = parseBatch(await readJson(request))
  if (parts.identify) {
    const userId = await parts.identify({ request, raw: context.raw })
    for (const parsed of batch.events) if (parsed.ok) overrideUser(parsed.event, userId)
  }
  const client = parts.clientFacts(request.headers.get('user-agent'), clientAddress(request, context, parts.trustProxy))
  const result = await parts.pipeline.accept(batch, { receivedAt, sentAt: batch.sentAt, client })
  return json(result, result.results ? 207 : 200)
}

/** What the host knows beats what the client claims; where the host knows nobody, a claim counts only as an anonymous visit. */
function overrideUser(event: { userId?: string; anonymousId?: string }, userId: string | undefined): void {
  if (userId !== undefined) event.userId = userId
  else if (event.anonymousId !== undefined) delete event.userId
  else {
    event.anonymousId = event.userId ?? ''
    delete event.userId
  }
}

/** The client's address: the peer's, or as many entries back in X-Forwarded-For as there are proxies to believe. */
export function clientAddress(
  request: Request,
  { remoteAddress }: RequestContext,
  trustProxy: number,
): string | undefined {
  if (trustProxy === 0) return remoteAddress
  const forwarded = (request.headers.get('x-forwarded-for') ?? '').split(',').map((entry) => entry.trim())
  return forwarded.at(-trustProxy) || remoteAddress
}

async function answerQuery({ engine, gatekeeper }: HandlerParts, { request, context }: Call): Promise<Response> {
  const query: Query = parseQuery(await readJson(request))
  // Whoever may read numbers may not yet read who is behind them.
  if (query.kind === 'people') await gatekeeper.admit(request, context.raw, 'admin')
  return json(await engine.run(query, { signal: request.signal }))
}

/** Stores events of an export, as they are; those of people who were erased are dropped. */
async function importBatch({ importEvents }: HandlerParts, { request }: Call): Promise<Response> {
  const body = await readJson(request)
  const events = isRecord(body) ? body.events : undefined
  if (!Array.isArray(events) || events.length > LIMITS.batchEvents) {
    const message = `events is no list of at most ${LIMITS.batchEvents}.`
    throw new AnalyticsError('invalid_batch', message, { field: 'events' })
  }
  const parsed = events.map(parseStoredEvent)
  const { imported, duplicates, dropped } = await importEvents(parsed.flatMap((one) => (one.ok ? [one.event] : [])))
  const rejections = parsed.flatMap((one, index) => (one.ok ? [] : [{ index, field: one.field, message: one.message }]))
  return json({ imported, duplicates, dropped, rejected: rejections.length, rejections })
}

/** Whether the server can store: asks the store, and says how full the queue is. */
async function readiness({ store, queue, logger }: HandlerParts): Promise<Response> {
  const depth = await queue.depth()
  try {
    await store.dictionaryId()
    return json({ status: 'ready', queue: depth })
  } catch (error) {
    logger.warn(errorFacts(error), 'the store does not answer')
    return json({ status: 'unavailable', queue: depth }, 503)
  }
}

async function eraseUser({ privacy }: HandlerParts, { id }: Call): Promise<Response> {
  const { id: erasureId } = await privacy.erase({ userId: id })
  return json({ erasureId }, 202)
}

/** With the receipt, once there is one. */
async function erasureStatus({ privacy }: HandlerParts, { id }: Call): Promise<Response> {
  const status = await privacy.status(id)
  return json(status.state === 'complete' ? { ...status, receipt: await privacy.receipt(id) } : status)
}

async function tierStatus(cold: ColdTier | undefined, store: HotStore) {
  if (cold) return cold.status()
  const days = await store.listDays()
  return { days: days.map(({ day, rows }) => ({ day, state: 'hot', rows, bytes: 0, segments: 0 })) }
}

function assertCold(cold: ColdTier | undefined): ColdTier {
  if (cold) return cold
  throw new AnalyticsError('not_found', 'This server has no tiering: give createAnalytics the option tiering.')
}
