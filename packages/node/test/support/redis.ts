import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** A Redis of a test's own. */
export interface TestRedis {
  host: string
  port: number
  stop(): Promise<void>
}

/** Where Redis is: `REDIS_SERVER_PATH`, or on the path. */
export function findRedis(): string | undefined {
  const named = process.env.REDIS_SERVER_PATH
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'redis-server'))
  return [...(named ? [named] : []), ...onPath].find((file) => existsSync(file))
}

/**
 * Whether tests with Redis are to be skipped. Says so, and under `CI=true` refuses: there a missing binary must not
 * look like a pass.
 */
export function skipsRedis(): boolean {
  if (findRedis()) return false
  const reason = 'No redis-server found: set REDIS_SERVER_PATH or install it. The tests with Redis are skipped.'
  if (process.env.CI === 'true') throw new Error(reason)
  console.warn(reason)
  return true
}

/** Starts Redis on a free port with an empty folder of its own; it writes nothing. */
export async function startRedis(): Promise<TestRedis> {
  const file = findRedis()
  if (!file) throw new Error('No redis-server found.')
  const folder = await mkdtemp(join(tmpdir(), 'analytics-redis-'))
  const host = '127.0.0.1'
  const port = await freePort(host)
  const args = ['--bind', host, '--port', String(port), '--save', '', '--appendonly', 'no', '--dir', folder]
  const child = spawn(file, args, { stdio: 'ignore' })
  await untilAnswers(child, host, port)
  return {
    host,
    port,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit')
        child.kill('SIGTERM')
        await ended
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function untilAnswers(child: ChildProcess, host: string, port: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}.`)
    if (await answers(host, port)) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  child.kill('SIGTERM')
  throw new Error('redis-server did not answer.')
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => socket.write('PING\r\n'))
    const end = (isUp: boolean) => {
      socket.destroy()
      resolve(isUp)
    }
    socket.once('data', (data) => end(String(data).startsWith('+PONG')))
    socket.once('error', () => end(false))
  })
}
