import { driver } from './driver.js'

/** Errors of the server that the driver calls recoverable. */
const RECOVERABLE = new Set([
  28, 31, 376, 603, 1012, 1033, 1034, 1089, 1090, 1092, 1115, 2396, 3113, 3114, 3135, 12153, 12514, 12537, 12547, 12570,
  12571, 12583,
])

/**
 * An error as the server sends it. The driver adds the code and the link to its help, and turns those that mean a lost
 * connection into its own.
 */
export function oraError(errorNum: number, text: string): Error {
  const error = new Error(`ORA-${String(errorNum).padStart(5, '0')}: ${text}`)
  return Object.assign(error, { errorNum, offset: 0, isRecoverable: RECOVERABLE.has(errorNum) })
}

/** An error as the driver finishes it, where its own code doesn't. */
export function finished(error: Error): Error {
  return driver.errors.transformErr(error)
}

/** Says that something is not part of the stand-in: no error that Oracle has, so that no code takes it for one. */
export function refusal(message: string): Error {
  return Object.assign(new Error(`The Oracle stand-in: ${message}`), { code: 'STAND_IN' })
}

/** What Postgres says of an error. */
interface PostgresError {
  code?: string
  message: string
  table?: string
  column?: string
  constraint?: string
  where?: string
}

type Mapped = readonly [number, (error: PostgresError) => string]

const upper = (name = '?') => name.toUpperCase()

/** The errors of Oracle that stand for those of Postgres; any other is no error that a statement may have. */
const BY_STATE: Readonly<Record<string, Mapped>> = {
  '23505': [1, ({ constraint }) => `unique constraint (STAND_IN.${upper(constraint)}) violated`],
  '23502': [1400, ({ table, column }) => `cannot insert NULL into ("STAND_IN"."${upper(table)}"."${upper(column)}")`],
  '42P01': [942, () => 'table or view does not exist'],
  '42P07': [955, () => 'name is already used by an existing object'],
  '42710': [2264, () => 'name already used by an existing constraint'],
  '42P16': [2260, () => 'table can have only one primary key'],
  '42701': [1430, () => 'column being added already exists in table'],
  '42702': [918, () => 'column ambiguously defined'],
  '42703': [904, ({ message }) => `"${upper(/"(.*?)"/.exec(message)?.[1])}": invalid identifier`],
  '42803': [979, () => 'not a GROUP BY expression'],
  '42804': [932, ({ message }) => `inconsistent datatypes: ${message}`],
  '42883': [932, ({ message }) => `inconsistent datatypes: ${message}`],
  '40P01': [60, () => 'deadlock detected while waiting for resource'],
  '55P03': [54, () => 'resource busy and acquire with NOWAIT specified or timeout expired'],
  '22007': [1843, () => 'not a valid month'],
  '22008': [1843, () => 'not a valid month'],
  '22012': [1476, () => 'divisor is equal to zero'],
  '22003': [1438, () => 'value larger than specified precision allowed for this column'],
  '22P02': [1722, () => 'invalid number'],
  '21000': [1427, () => 'single-row subquery returns more than one row'],
  '57014': [1013, () => 'user requested cancel of current operation'],
  '57P01': [3113, () => 'end-of-file on communication channel'],
}

/** What Oracle would have said. */
export function fromPostgres(thrown: unknown, sql: string): Error {
  const error = thrown as PostgresError
  const own = /^ORA-(\d{5}): (.*)$/s.exec(error.message ?? '')
  if (own) return oraError(Number(own[1]), own[2]!)
  // Two sessions made the same thing at once.
  if (error.code === '23505' && error.constraint?.startsWith('pg_'))
    return fromPostgres({ ...error, code: '42P07' }, sql)
  if (error.code === '22P02' && /type json\b/.test(error.message)) {
    if (/to_document/.test(error.where ?? '')) return oraError(40441, 'JSON syntax error')
    return oraError(2290, 'check constraint (STAND_IN.?) violated')
  }
  if (error.code === '23514') return checkViolation(error)
  if (error.code === '22008' && /"0000-/.test(error.message))
    return oraError(1841, '(full) year must be between -4713 and +9999, and not be 0')
  const mapped = BY_STATE[error.code ?? '']
  if (mapped) return oraError(mapped[0], mapped[1](error))
  if (/Connection terminated|ECONNRESET/.test(error.message))
    return oraError(3113, 'end-of-file on communication channel')
  return refusal(`Postgres refused (${error.code}: ${error.message}) what became of: ${sql}`)
}

/** Checks have the names that DDL gives them here: what a column may hold, or that it holds no empty text. */
function checkViolation({ table, constraint = '' }: PostgresError): Error {
  const length = /^max_(\d+)_(.*)$/.exec(constraint)
  if (length) {
    const column = `"STAND_IN"."${upper(table)}"."${upper(length[2])}"`
    return oraError(12899, `value too large for column ${column} (actual: ?, maximum: ${length[1]})`)
  }
  if (constraint.startsWith('empty_')) return refusal(`an empty text reached ${table}: a rule is missing.`)
  return oraError(2290, `check constraint (STAND_IN.${upper(constraint)}) violated`)
}
