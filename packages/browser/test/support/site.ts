import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { WireEvent } from '@analytics/protocol'
import { build } from 'esbuild'
import { decode } from './decode.js'

/** A request to the events route, decoded. */
export interface Recorded {
  url: string
  contentType: string
  isGzip: boolean
  bytes: number
  events: WireEvent[]
}

/** A site that serves pages with the tracker and records what it sends. */
export interface Site {
  origin: string
  requests: Recorded[]
  events(): WireEvent[]
  /** Events by type. */
  of(type: string): WireEvent[]
  /** Resolves when the test holds; rejects after five seconds. */
  until(test: () => boolean): Promise<void>
  /** How the events route answers, in turn; then with 200. */
  answers: { status: number; body?: unknown }[]
  close(): Promise<void>
}

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Bundles the tracker as apps do, with the codec as a chunk of its own. Maps paths to scripts. */
export async function bundle(): Promise<Map<string, string>> {
  const entry = "import { createAnalytics } from './src/index.ts'; window.createAnalytics = createAnalytics"
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: root, sourcefile: 'app.ts' },
    bundle: true,
    splitting: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    outdir: '/',
    entryNames: 'app',
    tsconfig: `${root}/tsconfig.json`,
  })
  return new Map(outputFiles.map((file) => [file.path, file.text]))
}

/** Bundles the script-tag entry. */
export async function bundleScript(): Promise<string> {
  const options = {
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    tsconfig: `${root}/tsconfig.json`,
  } as const
  const { outputFiles } = await build({ entryPoints: [`${root}/src/script.ts`], ...options })
  return outputFiles[0]?.text ?? ''
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Starts a site. `page` is the HTML of every path that is no script. */
export async function startSite(page: string, scripts: ReadonlyMap<string, string>): Promise<Site> {
  const requests: Recorded[] = []
  const answers: Site['answers'] = []
  const record = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readBody(request)
    const { isGzip, events } = decode(body)
    const contentType = request.headers['content-type'] ?? ''
    requests.push({ url: request.url ?? '', contentType, isGzip, bytes: body.length, events })
    const { status, body: answer } = answers.shift() ?? {
      status: 200,
      body: { accepted: events.length, duplicates: 0 },
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? {}))
  }
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://site').pathname
    const script = scripts.get(path)
    if (path === '/analytics/events') record(request, response).catch(() => response.destroy())
    else if (script !== undefined) response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    else if (path === '/favicon.ico') response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': 'text/html' }).end(page)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const events = () => requests.flatMap((request) => request.events)
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answers,
    events,
    of: (type) => events().filter((event) => event.eventType === type),
    async until(test) {
      for (const end = Date.now() + 5000; !test(); await new Promise((resolve) => setTimeout(resolve, 20))) {
        if (Date.now() > end) throw new Error(`Not within 5 s. Received: ${events().map((event) => event.eventType)}`)
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
