import { AnalyticsError, type ErrorCode, errorCode, isRecord, type StoredEvent } from '@analytics/protocol'
import type { MoveProgress } from '../operations/move-context.js'
import type { RemoteServer } from './remote-server.js'

/** Options of a call. */
export interface RemoteCallOptions {
  signal?: AbortSignal | undefined
  onProgress?: ((progress: MoveProgress) => void) | undefined
}

/** Does an operation on the server, by its name. */
export type RemoteCall = <Result>(operation: string, input?: object, options?: RemoteCallOptions) => Promise<Result>

/** Calls operations of a server. What it rejects with never repeats the key. */
export function remoteCall(server: RemoteServer): RemoteCall {
  return async <Result>(
    operation: string,
    input: object = {},
    { signal, onProgress = () => {} }: RemoteCallOptions = {},
  ) => {
    try {
      // Lines keep the connection alive, however long the work takes.
      const response = await ask(server, `tiers/${operation.replaceAll(' ', '/')}`, { input, accept: LINES, signal })
      return (await resultOf(server, response, onProgress)) as Result
    } catch (error) {
      throw unlessAborted(error, signal)
    }
  }
}

/** The error of a call, or that it was ended. */
function unlessAborted(error: unknown, signal: AbortSignal | undefined): unknown {
  if (!signal?.aborted) return error
  const message = 'The call was ended; the server stops after the step that it is at.'
  return new AnalyticsError('aborted', message, { cause: signal.reason })
}

/** The bytes that the server answers an operation with. */
export async function* remoteBytes(
  server: RemoteServer,
  operation: string,
  input: object,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    const { body } = await ask(server, `tiers/${operation}`, { input, accept: 'application/gzip', signal })
    try {
      if (body) yield* body as AsyncIterable<Uint8Array>
    } catch (cause) {
      throw brokenOff(server.url, cause)
    }
  } catch (error) {
    throw unlessAborted(error, signal)
  }
}

/** Has the server store events, and tells what became of them. */
export async function remoteImport(
  server: RemoteServer,
  events: readonly StoredEvent[],
  signal: AbortSignal | undefined,
): Promise<Record<string, unknown>> {
  try {
    const response = await ask(server, 'import', { input: { events }, accept: 'application/json', signal })
    return objectIn(await response.text())
  } catch (error) {
    throw unlessAborted(error, signal)
  }
}

/** Asks the server; resolves where it answers with what was asked for. */
async function ask(
  server: RemoteServer,
  path: string,
  { input, accept, signal }: { input: object; accept: string; signal: AbortSignal | undefined },
): Promise<Response> {
  const { url, key, fetch } = server
  let response: Response
  try {
    response = await fetch(`${url}/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, accept, 'content-type': 'application/json' },
      body: JSON.stringify(input),
      // The key goes nowhere but where it is meant for.
      redirect: 'manual',
      ...(signal ? { signal } : {}),
    })
  } catch (cause) {
    throw new AnalyticsError('store_unavailable', `${url} can't be reached${reasonOf(cause)}.`, { cause })
  }
  if (response.status !== 200) throw await refusalOf(server, response)
  if (response.headers.get('content-type')?.startsWith(accept) !== true) throw notMounted(server)
  return response
}

/** Why a request failed, as far as a code tells. */
function reasonOf(error: unknown): string {
  const code = (error as { cause?: { code?: unknown } }).cause?.code
  return typeof code === 'string' ? `: ${code}` : ''
}

const LINES = 'application/x-ndjson'

/** Reads lines up to the one that is the end. */
async function resultOf(
  { url }: RemoteServer,
  { body }: Response,
  onProgress: (progress: MoveProgress) => void,
): Promise<unknown> {
  if (!body) throw brokenOff(url)
  for await (const line of linesOf(url, body)) {
    // An empty one says only that the server is still at work.
    const answer = line === '' ? {} : objectIn(line)
    if (isRecord(answer.progress)) onProgress(answer.progress as unknown as MoveProgress)
    else if (isRecord(answer.error)) throw errorOf(answer.error)
    else if ('result' in answer) return answer.result ?? undefined
  }
  throw brokenOff(url)
}

async function* linesOf(url: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const chunk of body) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop()!
      yield* lines
    }
  } catch (cause) {
    throw brokenOff(url, cause)
  }
}

function brokenOff(url: string, cause?: unknown): AnalyticsError {
  const message = `The connection to ${url} broke before the work was over. The server stops after the step that it is at; call again to go on.`
  return new AnalyticsError('outcome_unknown', message, { cause })
}

/** The object that a text is in JSON; of any other text one without fields. */
function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

/** The error that the server answered with, or that says what answered instead of it. */
async function refusalOf(server: RemoteServer, response: Response): Promise<AnalyticsError> {
  const { status } = response
  const { error } = objectIn(await response.text().catch(() => ''))
  if (isRecord(error) && typeof error.code === 'string') return errorOf(error)
  if (status === 404 || status === 405) return notMounted(server)
  const message = `${server.url} answered with the status ${status}, and not as a server of analytics does.`
  return new AnalyticsError(STATUS_CODES[status] ?? 'internal', message)
}

function notMounted({ url }: RemoteServer): AnalyticsError {
  return new AnalyticsError('not_found', `No server of analytics is mounted at ${url}.`)
}

/** What a status means that a proxy before the server answers with. */
const STATUS_CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'key_unknown',
  403: 'key_scope',
  502: 'store_unavailable',
  503: 'store_unavailable',
  504: 'store_unavailable',
}

/** An error of the server, as it was thrown there. */
function errorOf(error: Record<string, unknown>): AnalyticsError {
  const { message, field, details, requestId } = error
  const code = errorCode(error) ?? 'internal'
  const text = typeof message === 'string' ? message : undefined
  // What failed is told by the server's log alone.
  const where = code === 'internal' && typeof requestId === 'string' ? ` Its log has it under ${requestId}.` : ''
  return new AnalyticsError(code, text && text + where, {
    ...(typeof field === 'string' ? { field } : {}),
    ...(isRecord(details) ? { details } : {}),
  })
}
