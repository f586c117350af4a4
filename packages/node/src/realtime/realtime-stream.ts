import type { Realtime } from './realtime.js'

const INTERVAL_MS = 1000

/** Server-sent events: one summary a second until the client goes. */
export function realtimeStream(realtime: Pick<Realtime, 'summary'>, signal: AbortSignal): Response {
  const encoder = new TextEncoder()
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  let isSending = false
  const stop = () => {
    isOver = true
    clearInterval(timer)
  }
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const write = (text: string) => {
        // The client may have gone meanwhile.
        if (!isOver) controller.enqueue(encoder.encode(text))
      }
      const send = async () => {
        if (isSending) return
        isSending = true
        try {
          write(`event: summary\ndata: ${JSON.stringify(await realtime.summary())}\n\n`)
        } catch {
          // Nobody knows now; the client keeps what it has until the next one.
          write(': no summary\n\n')
        } finally {
          isSending = false
        }
      }
      const end = () => {
        stop()
        try {
          controller.close()
        } catch {
          // The client closed it first.
        }
      }
      void send()
      timer = setInterval(() => {
        // A client that reads slower than this gets the next summary instead of a backlog.
        if ((controller.desiredSize ?? 0) > 0) void send()
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
