import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAnalytics } from '@analytics/node'
import { duckdbStore } from '@analytics/node/duckdb'
import { expressHandler } from '@analytics/node/express'
import express from 'express'
import { WRITE_KEY } from './ingest-routes.js'

/** A server and what is closed after it. */
interface Running {
  server: Server
  close(): Promise<void>
}

/** The process of the server that is measured: tells its port and ends when its parent lets go. */
const [kind, path] = process.argv.slice(2)
const { server, close } = kind === 'analytics' ? await analyticsServer(path!) : bareServer()
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
process.once('disconnect', () => {
  server.close(() => close())
  server.closeAllConnections()
})

async function analyticsServer(path: string): Promise<Running> {
  const analytics = await createAnalytics({
    store: duckdbStore({ path }),
    keys: [{ key: WRITE_KEY, scope: 'write' }],
    // What a first start makes up for would run meanwhile.
    jobs: false,
  })
  const app = express()
  app.use('/analytics', expressHandler(analytics))
  return { server: createServer(app), close: () => analytics.close() }
}

/** What any server has to do at least: read the body, parse it, answer. */
function bareServer(): Running {
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { events } = JSON.parse(Buffer.concat(parts).toString()) as { events: unknown[] }
      response.writeHead(200, { 'content-type': 'application/json' }).end(`{"accepted":${events.length}}`)
    })
  })
  return { server, close: async () => {} }
}
