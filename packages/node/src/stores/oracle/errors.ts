/** What the driver's errors carry. */
interface DriverError {
  errorNum?: number
  code?: string
  message?: string
  isRecoverable?: boolean
  outcome?: 'unknown'
  isOutdated?: boolean
}

/** The number of an ORA- error; 0 where it is none. Errors of single rows have it in their message only, in thin mode. */
export function oraNumber(error: unknown): number {
  const { errorNum, code, message } = (error ?? {}) as DriverError
  if (typeof errorNum === 'number' && errorNum > 0) return errorNum
  return Number(/^ORA-(\d+)/.exec(code ?? message ?? '')?.[1] ?? 0)
}

/** Session killed, instance going down or not up, lost contact: from node-oracledb's own list. */
const LOST_CONTACT = new Set([
  28, 31, 376, 603, 1012, 1033, 1034, 1089, 1090, 1092, 1115, 2396, 3113, 3114, 3135, 12153, 12514, 12537, 12547, 12570,
  12571, 12583,
])

/** Lost or incomplete connection, time-out of a connection or a call, refusal, closed in band. */
const LOST_CONTACT_CODES = new Set([
  'NJS-500',
  'NJS-501',
  'NJS-503',
  'NJS-510',
  'NJS-511',
  'NJS-513',
  'NJS-123',
  'NJS-003',
])

/** Whether the connection can't be used any more; what it had not committed is rolled back. */
export function isConnectionLost(error: unknown): boolean {
  const { code = '', isRecoverable } = (error ?? {}) as DriverError
  return isRecoverable === true || LOST_CONTACT_CODES.has(code) || LOST_CONTACT.has(oraNumber(error))
}

/**
 * What passes by itself: deadlock, can't serialize, snapshot too old, resource busy, timed out waiting for a lock, package state
 * discarded, listener without a free handler; and a pool that has no free connection.
 */
const TRANSIENT = new Set([54, 60, 1555, 4021, 4068, 8177, 12516, 12519, 12520])
const TRANSIENT_CODES = new Set(['NJS-040', 'NJS-076'])

/** Whether the same transaction may be run again: it failed for a passing reason, and certainly did not commit. */
export function isTransient(error: unknown): boolean {
  const { code = '', outcome, isOutdated } = (error ?? {}) as DriverError
  if (outcome === 'unknown') return false
  if (isOutdated) return true
  return isConnectionLost(error) || TRANSIENT.has(oraNumber(error)) || TRANSIENT_CODES.has(code)
}
