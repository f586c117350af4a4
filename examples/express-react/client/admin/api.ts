import type { ErrorBody, Query, QueryAnswer, RealtimeSummary } from '@analytics/protocol'

/** One day of `GET /tiers`. */
export interface TierDay {
  day: string
  state: string
  rows: number
  /** In object storage. */
  bytes: number
  segments: number
}

/** The dashboard's view of the server: everything over HTTP, with the read key. */
export interface Api {
  query<const Q extends Query>(query: Q, signal: AbortSignal): Promise<QueryAnswer<Q>>
  tiers(signal: AbortSignal): Promise<{ days: TierDay[] }>
  /** Live numbers as they come; ends when the server ends the stream. */
  realtime(signal: AbortSignal): AsyncIterable<RealtimeSummary>
}

/** An error as the server words it. */
export class ApiError extends Error {
  readonly code: string

  constructor({ error }: ErrorBody) {
    super(error.message)
    this.code = error.code
  }
}

/** Talks to the handler at `/analytics`. */
export function createApi(readKey: string): Api {
  const call = async (path: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(`/analytics${path}`, { ...init, headers: { authorization: `Bearer ${readKey}` } })
    if (!response.ok) throw new ApiError((await response.json()) as ErrorBody)
    return response
  }
  return {
    async query(query, signal) {
      const response = await call('/query', { method: 'POST', body: JSON.stringify(query), signal })
      return response.json()
    },
    async tiers(signal) {
      return (await call('/tiers', { signal })).json()
    },
    async *realtime(signal) {
      const { body } = await call('/realtime', { signal })
      for await (const data of serverSentData(body!)) yield JSON.parse(data) as RealtimeSummary
    },
  }
}

/** The data of server-sent events. EventSource would do it, but it cannot send the key in a header. */
async function* serverSentData(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const messages = (text + value).split('\n\n')
    text = messages.pop() ?? ''
    for (const message of messages) {
      const data = /^data: (.*)$/m.exec(message)?.[1]
      if (data !== undefined) yield data
    }
  }
}
