import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Analytics } from '../create-analytics.js'
import { toRequest, writeResponse } from './node-request.js'

/** An Express request, as far as it is read. Express itself is not imported: any version from 4 on fits. */
export type ExpressRequest = IncomingMessage & { body?: unknown; ip?: string | undefined }

/** An Express middleware. */
export type ExpressMiddleware = (
  request: ExpressRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void

/**
 * Mounts the handler: `app.use('/analytics', expressHandler(analytics))`. Mount it before body parsers; behind one it works
 * too, within that parser's limits.
 */
export function expressHandler(analytics: Pick<Analytics, 'handler'>): ExpressMiddleware {
  return (request, response, next) => {
    // Below a mount point Express has taken the prefix off the URL.
    const standard = toRequest(request, response, request.url ?? '/', request.body)
    analytics
      .handler(standard, { raw: request, remoteAddress: request.socket.remoteAddress })
      .then((answer) => writeResponse(answer, response))
      .catch(next)
  }
}
