import type oracledb from 'oracledb'
import pg from 'pg'
import { outliveServer } from '../postgres.js'
import { connectionImpl, type StandInContext } from './connection.js'
import { driver } from './driver.js'
import { finished, refusal } from './errors.js'
import { createFaults, type FaultSource, type Faults } from './faults.js'
import type { OracleVersion } from './refusals.js'
import { rowByRow } from './row-by-row.js'

/** What of a connection there is; nothing else has a rule. */
export type StandInConnection = Pick<
  oracledb.Connection,
  'execute' | 'executeMany' | 'commit' | 'rollback' | 'close' | 'break' | 'callTimeout' | 'oracleServerVersion'
>

/** What of a pool there is. */
export interface StandInPool {
  getConnection(): Promise<StandInConnection>
  /** Ends the pool; with `0`, also what is still borrowed. */
  close(drainTime?: number): Promise<void>
  readonly connectionsInUse: number
}

/** Options of {@link standInPool}. */
export interface StandInOptions {
  /** A database made of the template of `standInTemplate`. */
  database: { url: string }
  version: OracleVersion
  /** Zone of the sessions. @default the server's */
  sessionZone?: string
  faults?: Faults
  /** @default 4, the driver's */
  poolMax?: number
  /** How long a request waits for a connection, in milliseconds. @default 60 000, the driver's */
  queueTimeout?: number
}

const SEARCH_PATH = 'public, standin, oracle, pg_catalog'

/**
 * Passes for a pool of node-oracledb in thin mode. Above the wire it *is* node-oracledb: its connection, its checks of
 * arguments and binds, its result sets, LOBs and errors. Below, statements run on Postgres with orafce, after the rewrites of
 * `rewrites.ts` and what `helpers.sql` replaces; what Oracle refuses is refused by `refusals.ts` and `ddl.ts`, and what no
 * rule knows fails.
 *
 * What it does not prove:
 * - that Oracle parses the statements: no parser of Oracle's dialect reads them here;
 * - plans, speed, memory, undo, lock queues, RAC, privileges, quotas, wallets, the network;
 * - how Oracle spells numbers and dates as text, and what is beyond 17 digits of a number;
 * - JSON that documents leave open: duplicate keys, halves of surrogate pairs, U+0000, the empty text as a CLOB, whether item
 *   methods other than `type()` go through arrays, as they do here;
 * - where DBMS_LOB.COMPARE puts characters beyond U+FFFF: here it goes by code points;
 * - in which order long binds may follow each other (ORA-24816), and strings of more than 4,000 bytes (`EXTENDED`);
 * - partitions: they are modelled. Rows of theirs that are locked but not changed don't keep DDL off, and a result set that is
 *   open while its table goes is read to its end (ORA-08103).
 */
export async function standInPool(options: StandInOptions): Promise<StandInPool> {
  const { database, version, sessionZone, poolMax = 4, queueTimeout = 60_000 } = options
  const faults = (options.faults ?? createFaults()) as FaultSource
  const settings = `-c search_path=${SEARCH_PATH.replaceAll(' ', '')}${sessionZone ? ` -c timezone=${sessionZone}` : ''}`
  const config = { connectionString: database.url, options: settings }
  const clients = new pg.Pool({ ...config, max: poolMax })
  const beside = new pg.Pool({ ...config, max: 2 })
  for (const pool of [clients, beside]) outliveServer(pool)
  const aside = async (sql: string, values: unknown[] = []) =>
    (await beside.query<unknown[]>({ text: sql, values, rowMode: 'array' })).rows
  const [types] = await aside(`SELECT 'standin.clob'::regtype::oid::int, 'standin.document'::regtype::oid::int`)
  const queue = slots(poolMax, queueTimeout)
  const pids = new WeakMap<pg.PoolClient, number>()
  const borrowed = new Set<pg.PoolClient>()

  const context: StandInContext = {
    version,
    types: { clob: Number(types?.[0]), document: Number(types?.[1]) },
    faults,
    aside,
    rowByRow: rowByRow(aside),
    closed(client, lost) {
      if (borrowed.delete(client)) client.release(lost)
      queue.leave()
    },
  }
  const borrow = async (): Promise<StandInConnection> => {
    const fault = faults.strike('getConnection', 'before')
    if (fault) throw finished(fault.error)
    await queue.enter()
    try {
      const client = await clients.connect()
      if (!pids.has(client)) {
        // A connection that is lost says so to whoever uses it.
        client.on('error', () => {})
        const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
        pids.set(client, rows[0]!.pid)
      }
      borrowed.add(client)
      const connection = new driver.Connection()
      connection._impl = connectionImpl(client, pids.get(client)!, context)
      return sliced(connection, CONNECTION_MEMBERS, 'connection')
    } catch (error) {
      queue.leave()
      throw error
    }
  }
  const pool: StandInPool = {
    getConnection: borrow,
    async close(drainTime) {
      if (queue.used() > 0 && drainTime === undefined) {
        throw Object.assign(new Error('NJS-104: connection pool cannot be closed because connections are busy'), {
          code: 'NJS-104',
        })
      }
      for (const client of borrowed) client.release(true)
      borrowed.clear()
      await Promise.all([clients.end(), beside.end()])
    },
    get connectionsInUse() {
      return queue.used()
    },
  }
  return sliced(pool, ['getConnection', 'close', 'connectionsInUse'], 'pool')
}

const CONNECTION_MEMBERS = [
  'execute',
  'executeMany',
  'commit',
  'rollback',
  'close',
  'break',
  'callTimeout',
  'oracleServerVersion',
]

/** The object with these members only. */
function sliced<Whole extends object>(whole: Whole, members: readonly string[], name: string): Whole {
  const assertMember = (member: string | symbol) => {
    if (!members.includes(String(member))) throw refusal(`${String(member)} of a ${name} is not part of it.`)
  }
  return new Proxy(whole, {
    get(target, member) {
      // What an await asks of everything.
      if (member === 'then' || typeof member === 'symbol') return undefined
      assertMember(member)
      const value = Reflect.get(target, member, target) as unknown
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
    set(target, member, value) {
      if (member !== 'callTimeout') assertMember(`setting ${String(member)}`)
      return Reflect.set(target, member, value, target)
    },
  })
}

/** So many may be within; others wait their turn. */
function slots(count: number, timeoutMs: number) {
  let used = 0
  const waiting: (() => void)[] = []
  return {
    used: () => used,
    async enter() {
      if (used < count) {
        used++
        return
      }
      await new Promise<void>((resolve, reject) => {
        const { errors } = driver
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(turn), 1)
          reject(errors.getErr(errors.ERR_CONN_REQUEST_TIMEOUT, timeoutMs))
        }, timeoutMs)
        const turn = () => {
          clearTimeout(timer)
          resolve()
        }
        waiting.push(turn)
      })
    },
    leave() {
      const next = waiting.shift()
      if (next) next()
      else used--
    },
  }
}
