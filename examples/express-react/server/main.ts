import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type App, createApp } from './app.js'
import { createProgress } from './seed/progress.js'
import { seed } from './seed/seed.js'
import { DEVELOPMENT_KEYS, readSettings, type Settings } from './settings.js'
import { startTieringTimer } from './tiering-timer.js'

/** How long requests under way may take to end, in ms. Streams of live numbers never end by themselves. */
const GRACE_MS = 500

async function main(): Promise<void> {
  const settings = readSettings(process.argv.slice(2), process.env)
  const stopping = stopSignal()
  const server = createServer()
  const app = await openShop(server, settings)
  try {
    if (settings.seedDays > 0) await fillDays(app, settings, stopping)
    if (stopping.aborted) return
    server.off('request', notReady).on('request', app.app)
    const timer = startTieringTimer(app.tiering, { log: console.log })
    announce(server, settings)
    await aborted(stopping)
    console.log('\nStopping: what was accepted is being stored.')
    await closeServer(server)
    await timer.stop()
  } finally {
    await closeServer(server)
    await app.close()
  }
}

/** Takes the port first: that it is in use should show before days are filled. */
async function openShop(server: Server, { host, port, dataDir, keys, now }: Settings): Promise<App> {
  server.on('request', notReady)
  await listen(server, host, port)
  try {
    return await createApp({ dataDir, keys, now })
  } catch (error) {
    await closeServer(server)
    throw error
  }
}

const notReady: RequestListener = (_request, response) => {
  response.writeHead(503, { 'retry-after': '5' }).end('Days are being filled; this takes a moment.\n')
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error)
      reject(
        new Error(`Port ${port} is in use. Stop what listens there, or take another one: PORT=${port + 1} npm start`),
      )
    })
    server.listen(port, host, resolve)
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cutOff = setTimeout(() => server.closeAllConnections(), GRACE_MS)
    server.close(() => {
      clearTimeout(cutOff)
      resolve()
    })
  })
}

async function fillDays(app: App, { seedDays, now }: Settings, signal: AbortSignal): Promise<void> {
  console.log(`Filling ${seedDays} days and today`)
  const startedAt = performance.now()
  const progress = createProgress('days')
  try {
    const { imported, duplicates } = await seed(app, { days: seedDays, now, signal, onProgress: progress.update })
    progress.stop()
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    console.log(`Stored ${imported} events in ${seconds} s; ${duplicates} were there already.`)
  } catch (error) {
    progress.stop()
    if (!signal.aborted) throw error
    console.log('Stopped before all days were filled. Seed again to fill the rest.')
  }
}

function announce(server: Server, { host, dataDir, keys, now }: Settings): void {
  const { port } = server.address() as AddressInfo
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  const key = (scope: keyof typeof keys) =>
    keys[scope] === DEVELOPMENT_KEYS[scope]
      ? `${keys[scope]} (for development)`
      : `from ANALYTICS_${scope.toUpperCase()}_KEY`
  console.log(`
  Shop       ${url}
  Dashboard  ${url}/admin
  Data       ${dataDir}
  Clock      ${new Date(now()).toISOString().slice(0, 16).replace('T', ' ')} UTC
  Write key  ${key('write')}
  Read key   ${key('read')}
  Admin key  ${key('admin')}
`)
  const isLocal = ['127.0.0.1', '::1', 'localhost'].includes(host)
  if (!isLocal && keys.read === DEVELOPMENT_KEYS.read) {
    console.warn(
      '  Everyone who reaches this address can read the data: set ANALYTICS_READ_KEY and ANALYTICS_ADMIN_KEY.\n',
    )
  }
}

/** Aborts at the first Ctrl-C or SIGTERM. A second one ends the process as usual. */
function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort())
  return controller.signal
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
