import { AsyncLocalStorage } from 'node:async_hooks'
import { AnalyticsError } from '@analytics/protocol'
import type { HttpRequest } from 'oci-common'
import type { ObjectStorageClient } from 'oci-objectstorage'
import { throwIfAborted } from '../abort.js'
import { failureOf, RequestFailure } from './failure.js'
import type { OciSdk } from './sdk.js'

/** What one request is sent with, beyond what the SDK knows of. */
export interface Sending {
  signal?: AbortSignal | undefined
  /** Time until the answer is there; of one that is streamed, until it begins. */
  deadlineMs: number
  /** Whether the body is read by whoever sends: at its own pace. */
  isStreamed?: boolean
  /** Headers that the SDK spells wrongly. */
  headers?: Readonly<Record<string, string>>
}

/** Sends requests through the real SDK. */
export interface OciClient {
  /** The id of the region; undefined where neither the options nor who signs name one. */
  readonly region: string | undefined
  /**
   * One request. What the SDK makes of the answer is `result`; `response` has the status and the headers as they came, and
   * the body where the SDK leaves it alone.
   * @throws RequestFailure, AnalyticsError `aborted`.
   */
  send<Result>(
    request: (client: ObjectStorageClient) => Promise<Result>,
    sending: Sending,
  ): Promise<{ result: Result; response: Response }>
  close(): void
}

/** Options of {@link ociClient}. */
export interface OciClientOptions {
  provider: import('oci-common').AuthenticationDetailsProvider
  region: string | undefined
  endpoint: string | undefined
  fetch: typeof globalThis.fetch
  now: () => number
}

/** What belongs to the request that is being sent. */
interface Exchange {
  sending: Sending
  response?: Response
  failure?: unknown
  timer?: NodeJS.Timeout
}

/**
 * A client of the SDK with an HTTP client of ours. The SDK composes and signs requests; its own way to send them blocks the
 * event loop, stores empty objects, ignores Retry-After, has no deadline, and writes each failure to the console. So it is
 * told of every answer that all is well: what really came is in the exchange.
 */
export function ociClient({ common, storage }: OciSdk, options: OciClientOptions): OciClient {
  const { provider, region, endpoint, fetch, now } = options
  const signer = new common.DefaultRequestSigner(provider)
  const exchanges = new AsyncLocalStorage<Exchange>()

  const send = async (request: HttpRequest, exchange: Exchange, isBodyUnsigned: boolean): Promise<Response> => {
    const { method, headers, uri, body } = request
    for (const [name, value] of Object.entries(exchange.sending.headers ?? {})) headers.set(name, value)
    await signer.signHttpRequest({ method, headers, uri, ...(isBodyUnsigned ? {} : { body }) }, isBodyUnsigned)
    const { signal, deadlineMs, isStreamed } = exchange.sending
    const deadline = new AbortController()
    const timer = setTimeout(
      () => deadline.abort(new DOMException(`no answer within ${deadlineMs} ms`, 'TimeoutError')),
      deadlineMs,
    )
    timer.unref()
    const response = await fetch(uri, {
      method,
      headers,
      signal: signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal,
      ...(body === undefined || body === null ? {} : { body: body as never, duplex: 'half' }),
    } as RequestInit)
    if (isStreamed && response.ok) clearTimeout(timer)
    else exchange.timer = timer
    if (!response.ok) throw await failureOf(response, now())
    return response
  }

  const httpClient = {
    async send(request: HttpRequest, isBodyUnsigned = false): Promise<Response> {
      const exchange = exchanges.getStore()
      if (!exchange) throw new Error('a request outside of an exchange')
      try {
        exchange.response = await send(request, exchange, isBodyUnsigned)
        return exchange.response
      } catch (error) {
        exchange.failure = error
        return new Response('{}', { headers: { 'content-type': 'application/json' } })
      }
    },
  }
  const client = new storage.ObjectStorageClient(
    { httpClient },
    {
      retryConfiguration: common.NoRetryConfigurationDetails,
      circuitBreaker: new common.CircuitBreaker({ disableClientCircuitBreaker: true }),
    },
  )
  const providers = common.isRegionProvider(provider) ? provider.getRegion() : undefined
  if (region !== undefined) client.regionId = region
  else if (providers) client.region = providers
  if (endpoint !== undefined) client.endpoint = endpoint

  return {
    region: region ?? providers?.regionId,
    async send(request, sending) {
      throwIfAborted(sending.signal)
      const exchange: Exchange = { sending }
      const result = await exchanges
        .run(exchange, () => request(client))
        .catch((error) => {
          exchange.failure ??= error
          return undefined as never
        })
      const { failure, response } = exchange
      clearTimeout(exchange.timer)
      if (failure !== undefined) throw asFailure(failure, sending.signal)
      if (!response) throw new RequestFailure('no request was sent')
      return { result, response }
    },
    close: () => client.close(),
  }
}

/** Tells the caller's end from a deadline and from a network that failed. */
function asFailure(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return new AnalyticsError('aborted', undefined, { cause: signal.reason })
  if (error instanceof RequestFailure || error instanceof AnalyticsError) return error
  const { name, message, cause } = error as { name?: string; message?: string; cause?: unknown }
  if (cause instanceof AnalyticsError) return cause
  const reason = (cause as { code?: unknown; message?: unknown } | undefined)?.code ?? name
  return new RequestFailure(`${String(message)} (${String(reason)})`, { cause: error })
}
