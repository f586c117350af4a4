import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { ROOT } from './workspace.js'

/** A running example app. */
export interface ExampleApp {
  url: string
  pid: number
  /** Everything it printed so far. */
  output(): string
  /** Sends a signal and resolves to how the process ended. */
  stop(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

export const KEYS = { write: 'wk_example_test', read: 'rk_example_test', admin: 'ak_example_test' } as const

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}

/** Starts the built example app on a data folder, as `npm start` does, and waits until it answers. */
export async function startExample(
  dataDir: string,
  { clockOffset, args = [] }: { clockOffset?: string; args?: readonly string[] } = {},
): Promise<ExampleApp> {
  const port = await freePort()
  const child = spawn(process.execPath, ['--import', 'tsx', 'server/main.ts', ...args], {
    cwd: join(ROOT, 'examples/express-react'),
    env: {
      ...process.env,
      PORT: String(port),
      ANALYTICS_DATA_DIR: dataDir,
      ANALYTICS_WRITE_KEY: KEYS.write,
      ANALYTICS_READ_KEY: KEYS.read,
      ANALYTICS_ADMIN_KEY: KEYS.admin,
      ...(clockOffset === undefined ? {} : { ANALYTICS_CLOCK_OFFSET: clockOffset }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (data) => (output += String(data)))
  child.stderr.on('data', (data) => (output += String(data)))
  const url = `http://127.0.0.1:${port}`
  await untilAnswers(`${url}/analytics/ready`, child, () => output)
  return {
    url,
    pid: child.pid ?? 0,
    output: () => output,
    async stop(signal) {
      const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
      child.kill(signal)
      const [code, by] =
        child.exitCode === null && child.signalCode === null ? await ended : [child.exitCode, child.signalCode]
      return { code, signal: by }
    },
  }
}

async function untilAnswers(url: string, child: ChildProcess, output: () => string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null) throw new Error(`the example ended with ${child.exitCode}:\n${output()}`)
    const isUp = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isUp) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  child.kill('SIGKILL')
  throw new Error(`the example did not answer:\n${output()}`)
}

/** Asks a query over HTTP with the read key. */
export async function ask<Answer = unknown>({ url }: Pick<ExampleApp, 'url'>, query: object): Promise<Answer> {
  const response = await fetch(`${url}/analytics/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEYS.read}`, 'content-type': 'application/json' },
    body: JSON.stringify(query),
  })
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
  return (await response.json()) as Answer
}
