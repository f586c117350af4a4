import { driver } from './driver.js'
import { oraError } from './errors.js'

/** Faults of the driver that tests can provoke, by what the driver makes of them. */
export type FaultName =
  | 'NJS-040'
  | 'NJS-123'
  | 'NJS-500'
  | 'ORA-00054'
  | 'ORA-00060'
  | 'ORA-01555'
  | 'ORA-03113'
  | 'ORA-12516'

/** Where and when something fails. */
export interface Fault {
  /** `execute` is `executeMany`, too; `fetch` is each round trip for rows after `execute`. */
  at: 'getConnection' | 'execute' | 'fetch' | 'commit'
  error: FaultName
  /** Whether it fails before or after it took effect: with `after`, only the answer is lost. @default 'before' */
  when?: 'before' | 'after'
  /** Only calls whose statement looks like this; calls without a statement have the empty text. */
  matching?: RegExp
  /** So many calls pass first. @default 0 */
  skip?: number
  /** So many calls fail. @default 1 */
  times?: number
}

/** The faults that are still to come. */
export interface Faults {
  add(fault: Fault): void
  clear(): void
  /** How many are still to come: a test that ends with some of them tested nothing. */
  pending(): number
}

/** What the stand-in asks. */
export interface FaultSource extends Faults {
  /** The fault that strikes this call, and whether the connection is lost with it. */
  strike(
    at: Fault['at'],
    when: 'before' | 'after',
    sql?: string,
  ): { error: Error; losesConnection: boolean } | undefined
}

/** A list of faults, empty at first. */
export function createFaults(): FaultSource {
  let faults: { fault: Fault; skip: number; times: number }[] = []
  return {
    add(fault) {
      faults.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 })
    },
    clear() {
      faults = []
    },
    pending: () => faults.length,
    strike(at, when, sql = '') {
      const struck = faults.find(
        ({ fault }) => fault.at === at && (fault.when ?? 'before') === when && (fault.matching?.test(sql) ?? true),
      )
      if (!struck) return undefined
      if (struck.skip > 0) {
        struck.skip--
        return undefined
      }
      struck.times--
      if (struck.times === 0) faults = faults.filter((one) => one !== struck)
      const [error, losesConnection] = FAULTS[struck.fault.error]
      return { error: error(), losesConnection }
    },
  }
}

/** Each with whether the connection is gone afterwards. */
const FAULTS: Readonly<Record<FaultName, readonly [() => Error, boolean]>> = {
  'NJS-040': [() => driverError('ERR_CONN_REQUEST_TIMEOUT', 60_000), false],
  'NJS-123': [() => driverError('ERR_CALL_TIMEOUT_EXCEEDED', 1000), false],
  'NJS-500': [() => driverError('ERR_CONNECTION_CLOSED'), true],
  'ORA-00054': [() => oraError(54, 'resource busy and acquire with NOWAIT specified or timeout expired'), false],
  'ORA-00060': [() => oraError(60, 'deadlock detected while waiting for resource'), false],
  'ORA-01555': [() => oraError(1555, 'snapshot too old: rollback segment number 8 with name "?" too small'), false],
  'ORA-03113': [() => oraError(3113, 'end-of-file on communication channel'), true],
  'ORA-12516': [
    () => oraError(12516, 'TNS:listener could not find available handler with matching protocol stack'),
    false,
  ],
}

function driverError(
  name: 'ERR_CONN_REQUEST_TIMEOUT' | 'ERR_CALL_TIMEOUT_EXCEEDED' | 'ERR_CONNECTION_CLOSED',
  ...args: unknown[]
): Error {
  const { errors } = driver
  return errors.getErr(errors[name], ...args)
}
