import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { chown, mkdtemp } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** Options of {@link startPostgres}. */
export interface PostgresOptions {
  /** Zone of every session. @default 'UTC' */
  timezone?: string
  /** Whether what was committed survives a crash of the machine; tests of it are slow. @default false */
  durable?: boolean
  /** Collation of every database, as ICU names it, such as `en-US`. @default the order of code points */
  locale?: string
  /** Settings of the server that differ from those of tests. */
  settings?: Readonly<Record<string, string | number>>
}

/** A Postgres of a test's own. */
export interface TestPostgres {
  host: string
  port: number
  /** Makes a database, a copy of `template` where one is named, with a pool of connections to it. */
  createDatabase(options?: { template?: string; poolSize?: number }): Promise<TestDatabase>
  stop(): Promise<void>
}

/** A database of one test's own. */
export interface TestDatabase {
  name: string
  /** For clients of a test's own; `postgresql://…`. */
  url: string
  pool: pg.Pool
  /** Ends the pool and drops the database. Rejects where a connection was not given back. */
  drop(): Promise<void>
}

/** The folder of the newest Postgres: `POSTGRES_BIN_PATH`, where Debian installs it, or on the path. */
export function findPostgres(): string | undefined {
  const named = process.env.POSTGRES_BIN_PATH
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [
    ...(named ? [named] : []),
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

/**
 * Whether tests with Postgres are to be skipped. Says so, and under `CI=true` refuses: there a missing binary must not look
 * like a pass.
 */
export function skipsPostgres(): boolean {
  if (findPostgres()) return false
  const reason = 'No Postgres found: set POSTGRES_BIN_PATH or install it. The tests with Postgres are skipped.'
  if (process.env.CI === 'true') throw new Error(reason)
  console.warn(reason)
  return true
}

const HOST = '127.0.0.1'
const USER = 'postgres'

/** Starts Postgres on a free port with an empty folder of its own; it ends with this process, however that ends. */
export async function startPostgres(options: PostgresOptions = {}): Promise<TestPostgres> {
  const bin = findPostgres()
  if (!bin) throw new Error('No Postgres found.')
  const folder = await mkdtemp(join(tmpdir(), 'analytics-postgres-'))
  const owner = serverUser()
  if (owner) await chown(folder, owner.uid, owner.gid)
  const data = join(folder, 'data')
  const port = await freePort()
  const commands = [
    [join(bin, 'initdb'), ...initArgs(data, options)],
    [join(bin, 'postgres'), ...serverArgs(data, port, options)],
  ] as const
  const server = supervise(folder, commands, owner)
  const config = { host: HOST, port, user: USER, database: 'postgres' }
  await untilAnswers(server, config)
  const admin = new pg.Pool({ ...config, max: 2 })
  admin.on('error', () => {})
  let made = 0

  return {
    host: HOST,
    port,
    async createDatabase({ template = 'template1', poolSize = 10 } = {}) {
      const name = `test_${++made}`
      await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`)
      const pool = new pg.Pool({ ...config, database: name, max: poolSize })
      // A connection that a test ends while it is idle is no fault of the test.
      outliveServer(pool)
      return {
        name,
        url: `postgresql://${USER}@${HOST}:${port}/${name}`,
        pool,
        async drop() {
          const leaked = () => new Error(`${pool.totalCount} connections were not given back to the pool.`)
          await Promise.race([pool.end(), sleep(5_000, undefined, { ref: false }).then(() => Promise.reject(leaked()))])
          await admin.query(`DROP DATABASE ${name} WITH (FORCE)`)
        },
      }
    },
    async stop() {
      await admin.end()
      server.process.ref()
      const ended = once(server.process, 'exit')
      server.process.stdin?.end()
      if (server.process.exitCode === null) await ended
    },
  }
}

/** The system's user of Postgres where this process is root: as root it doesn't run. */
function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const number = (flag: string) => Number(execFileSync('id', [flag, USER], { encoding: 'utf8' }))
  return { uid: number('-u'), gid: number('-g') }
}

function initArgs(data: string, { locale }: PostgresOptions): string[] {
  const args = ['-D', data, '--no-sync', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', `--username=${USER}`]
  return [...args, ...(locale ? ['--locale-provider=icu', `--icu-locale=${locale}`] : ['--lc-collate=C'])]
}

function serverArgs(
  data: string,
  port: number,
  { timezone = 'UTC', durable = false, settings }: PostgresOptions,
): string[] {
  const all = {
    listen_addresses: HOST,
    port,
    unix_socket_directories: '',
    timezone,
    max_connections: 100,
    deadlock_timeout: '100ms',
    // For tests: small tables, many of them, and two cores.
    jit: 'off',
    max_parallel_workers_per_gather: 0,
    autovacuum: 'off',
    wal_level: 'minimal',
    max_wal_senders: 0,
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...settings,
  }
  return ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

interface Server {
  process: ChildProcess
  log: string[]
}

/**
 * A shell between this process and the server, which it makes and starts: when its input ends, because of `stop` or because
 * this process is gone, it ends the server that it started and removes the folder. A server that has only just started
 * doesn't hear its first signal.
 */
const supervisor = (folder: string, [init, server]: readonly [string, string]): string => `
exec 3<&0
if ${init} >/dev/null; then
  ${server} 3<&- & server=$!
  ( read -r _ <&3; while kill -QUIT $server 2>/dev/null; do sleep 0.2; done ) & reader=$!
  wait $server; status=$?
  kill $reader 2>/dev/null
else
  status=1
fi
rm -rf ${folder}
exit $status`

const quoted = (words: readonly string[]): string => words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')

function supervise(
  folder: string,
  [init, server]: readonly [readonly string[], readonly string[]],
  owner: { uid: number; gid: number } | undefined,
): Server {
  const child = spawn('/bin/sh', ['-c', supervisor(quoted([folder]), [quoted(init), quoted(server)])], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'pipe'],
    // A group of its own: what interrupts the tests must leave it to clean up.
    detached: true,
    ...owner,
  })
  const log: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log.push(text)
    if (log.length > 50) log.shift()
  })
  // The event loop may end while the server runs; its end is then the supervisor's work.
  child.unref()
  return { process: child, log }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function untilAnswers({ process: server, log }: Server, config: pg.ClientConfig): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (server.exitCode !== null) throw new Error(`Postgres ended with ${server.exitCode}: ${log.join('')}`)
    const client = new pg.Client(config)
    try {
      await client.connect()
      return await client.end()
    } catch {
      await sleep(25)
    }
  }
  server.stdin?.end()
  throw new Error(`Postgres did not answer: ${log.join('')}`)
}

/**
 * Lets a pool outlive its server: connections that end together with their database say so while they are being closed, and
 * nobody listens to a connection that its pool has given up.
 */
export function outliveServer(pool: pg.Pool): pg.Pool {
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}
