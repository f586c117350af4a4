import type { RealtimeSummary } from '@analytics/protocol'

const INTERVAL_MS = 1000

/** Server-sent events: one summary a second until the client goes. */
export function realtimeStream(summary: () => RealtimeSummary, signal: AbortSignal): Response {
  const encoder = new TextEncoder()
  let timer: NodeJS.Timeout | undefined
  const stop = () => clearInterval(timer)
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = () => controller.enqueue(encoder.encode(`event: summary\ndata: ${JSON.stringify(summary())}\n\n`))
      const end = () => {
        stop()
        try {
          controller.close()
        } catch {
          // The client closed it first.
        }
      }
      send()
      timer = setInterval(() => {
        // A client that reads slower than this gets the next summary instead of a backlog.
        if ((controller.desiredSize ?? 0) > 0) send()
      }, INTERVAL_MS)
      timer.unref()
      if (signal.aborted) end()
      else signal.addEventListener('abort', end, { once: true })
    },
    cancel: stop,
  })
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    },
  })
}
