import type { FastifyInstance } from 'fastify'
import type { Analytics } from '../create-analytics.js'
import { toRequest, writeResponse } from './node-request.js'

/** Options of {@link fastifyAnalytics}. */
export interface FastifyAnalyticsOptions {
  analytics: Pick<Analytics, 'handler'>
  /** Where it is mounted. @default '/analytics' */
  prefix?: string
}

/**
 * A Fastify plugin that mounts the handler: `app.register(fastifyAnalytics, { analytics, prefix: '/analytics' })`.
 * Within it bodies are left unparsed, so that the handler's own limits hold.
 */
export async function fastifyAnalytics(app: FastifyInstance, options: FastifyAnalyticsOptions): Promise<void> {
  const { analytics, prefix = '' } = options
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.all('/*', async (request, reply) => {
    // Fastify answers nothing more: the response is written to the socket directly.
    reply.hijack()
    const standard = toRequest(request.raw, reply.raw, request.raw.url ?? '/')
    const context = { raw: request, remoteAddress: request.raw.socket.remoteAddress, basePath: prefix }
    await writeResponse(await analytics.handler(standard, context), reply.raw)
  })
}
