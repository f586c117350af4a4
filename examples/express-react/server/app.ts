import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Analytics, consoleLogger, createAnalytics, type MetricDefinition } from '@analytics/node'
import { duckdbStore } from '@analytics/node/duckdb'
import { expressHandler } from '@analytics/node/express'
import { createTiering, type Tiering } from '@analytics/tiering'
import { fileObjectStore } from '@analytics/tiering/file'
import express, { type Express } from 'express'
import type { Clock } from './clock.js'
import { events } from './events.js'
import { DEVELOPMENT_KEYS, type Keys } from './settings.js'

/** Options of {@link createApp}. */
export interface AppOptions {
  /** Where the database file and the cold days are kept. */
  dataDir: string
  keys: Keys
  /** @default Date.now */
  now?: Clock
}

/** The shop's server and its analytics. */
export interface App {
  app: Express
  analytics: Analytics
  tiering: Tiering
  /** Stores what was accepted and frees the files. */
  close(): Promise<void>
}

/** What the dashboard asks for by name. */
const METRICS: readonly MetricDefinition[] = [
  { name: 'revenue', event: 'purchase', aggregate: 'sum', property: 'properties.amount' },
  { name: 'buyers', event: 'purchase', aggregate: 'users' },
  { name: 'revenue_per_buyer', formula: 'revenue / buyers' },
]
const BUYERS = { name: 'buyers', performed: { event: 'purchase' } } as const

/** The client as `pnpm build` leaves it. */
const CLIENT_DIR = fileURLToPath(new URL('../dist', import.meta.url))

/** Builds the server without listening, so that a test can mount it wherever it likes. */
export async function createApp({ dataDir, keys, now = Date.now }: AppOptions): Promise<App> {
  const store = duckdbStore({ path: join(dataDir, 'analytics.duckdb'), now })
  const tiering = createTiering({
    hot: store,
    cold: fileObjectStore({ dir: join(dataDir, 'cold') }),
    policy: { dropAfter: '90d' },
    logger: consoleLogger,
    now,
  })
  const analytics = await createAnalytics({
    store,
    tiering,
    events,
    keys: [
      { key: keys.write, scope: 'write' },
      { key: keys.read, scope: 'read' },
      { key: keys.admin, scope: 'admin' },
    ],
    metrics: METRICS,
    now,
  })
  if (!(await analytics.cohorts.list()).some(({ name }) => name === BUYERS.name)) await analytics.cohorts.define(BUYERS)

  const app = express()
  app.disable('x-powered-by')
  app.use('/analytics', expressHandler(analytics))
  app.get('/config.json', (_request, response) => {
    response.set('cache-control', 'no-store').json(clientConfig(keys, now))
  })
  serveClient(app)

  return {
    app,
    analytics,
    tiering,
    async close() {
      await analytics.close()
      await tiering.close()
    },
  }
}

/** What the pages need to know. Keys that read go to everyone who asks, hence only those that are no secret. */
function clientConfig({ write, read, admin }: Keys, now: Clock) {
  return {
    writeKey: write,
    ...(read === DEVELOPMENT_KEYS.read ? { readKey: read } : {}),
    ...(admin === DEVELOPMENT_KEYS.admin ? { adminKey: admin } : {}),
    now: new Date(now()).toISOString(),
  }
}

/** Serves the built client; every other path is a page that it draws by itself. */
function serveClient(app: Express): void {
  const page = join(CLIENT_DIR, 'index.html')
  app.use('/assets', express.static(join(CLIENT_DIR, 'assets'), { immutable: true, maxAge: '1y' }))
  app.use('/assets', (_request, response) => {
    response.status(404).type('text').send('There is no such file.')
  })
  app.get('/{*path}', (_request, response) => {
    if (existsSync(page)) response.set('cache-control', 'no-cache').sendFile(page)
    else
      response.status(503).type('text').send('The client is not built yet: run "pnpm build" in examples/express-react.')
  })
}
