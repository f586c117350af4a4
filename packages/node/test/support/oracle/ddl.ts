import { oraError, refusal } from './errors.js'
import { changePartition } from './partitions.js'
import { assertName, type OracleVersion } from './refusals.js'
import type { TextRow } from './result-set.js'
import { literalNumber, readText, splitList } from './text.js'

/** Runs a statement of Postgres. */
export type Run = (sql: string, values?: unknown[]) => Promise<{ rows: TextRow[] }>

/** Whether a statement is DDL: it commits before and after. */
export const isDdl = (sql: string): boolean => /^\s*(?:create|alter|drop|truncate)\b/i.test(sql)

/** Runs DDL in a transaction of its own. What belongs to no family of it has no rule. */
export async function runDdl(run: Run, statement: string, version: OracleVersion): Promise<void> {
  const { sql, literals } = readText(statement)
  if (/:\w/.test(sql)) throw oraError(1027, 'bind variables not allowed for data definition operations')
  if (/;/.test(sql)) throw oraError(933, 'SQL command not properly ended')
  if (/"/.test(sql)) throw refusal('quoted names are case-sensitive; ours are never quoted.')
  for (const { pattern, apply } of FAMILIES) {
    const parts = pattern.exec(sql)?.slice(1)
    if (!parts) continue
    await run('BEGIN ISOLATION LEVEL READ COMMITTED')
    try {
      await apply({ run, parts, literals, version })
      await run('COMMIT')
    } catch (error) {
      await run('ROLLBACK')
      throw error
    }
    return
  }
  throw refusal(`no rule for the statement ${statement}`)
}

interface Ddl {
  run: Run
  /** What the family's pattern found; a group that is not there is undefined. */
  parts: (string | undefined)[]
  literals: string[]
  version: OracleVersion
}

const DAY = String.raw`for\(to_date\(('\d+'), '\d+'\)\)`

const FAMILIES: readonly { pattern: RegExp; apply: (ddl: Ddl) => Promise<void> }[] = [
  { pattern: /^create table (\w+) for exchange with table (\w+)$/, apply: createForExchange },
  {
    pattern:
      /^create table (\w+)\((.*?)\)(?: partition by range\((\w+)\) interval\(numtodsinterval\(1, ('\d+')\)\)\(partition \w+ values less than\(to_date\(('\d+'), '\d+'\)\)\))?$/,
    apply: createTable,
  },
  { pattern: /^create (unique )?index (\w+) on (\w+)\(([\w, ]+)\)( local)?(?: compress (\d+))?$/, apply: createIndex },
  {
    pattern: /^create sequence (\w+)((?: (?:start with|minvalue|cache) \d+| nocache| (?:no)?order)*)$/,
    apply: createSequence,
  },
  { pattern: /^alter table (\w+) add constraint (\w+ .*)$/, apply: addConstraint },
  { pattern: /^alter table (\w+) add(?: |\()(.+?)\)?$/, apply: addColumn },
  { pattern: /^drop table (\w+) purge$/, apply: dropTable },
  {
    pattern: /^drop sequence (\w+)$/,
    apply: async ({ run, parts: [name] }) => void (await run(`DROP SEQUENCE ${name}`)),
  },
  {
    pattern: new RegExp(
      `^alter table (\\w+) (exchange|drop|modify) partition ${DAY}(?: (with table \\w+ including indexes without validation|read only|read write|update indexes))?$`,
    ),
    apply: async ({ run, parts: [table, action, day, rest], literals }) =>
      changePartition(run, { table: table!, action: action!, day: literals[literalNumber(day!)!]!, rest: rest ?? '' }),
  },
]

interface Head {
  table: string
  /** The column by whose day the table is cut. */
  key: string | undefined
}

async function createTable({ run, parts: [table = '', body = '', key, unit, bound], literals, version }: Ddl) {
  assertName(table)
  if ((await run('SELECT 1 FROM pg_class WHERE oid = to_regclass($1)', [table])).rows.length > 0)
    throw oraError(955, 'name is already used by an existing object')
  await assertConstraintNames(run, body)
  if (unit !== undefined && literals[literalNumber(unit)!] !== 'DAY') throw refusal('partitions are days.')
  const head = { table, key }
  const items = splitList(body)
  const lines = items.flatMap((item) => columnOf(item, version) ?? constraintOf(item, head))
  await run(`CREATE TABLE ${table} (${lines.join(', ')})`)
  if (key === undefined) return
  const day = literals[literalNumber(bound!)!]
  await run('INSERT INTO standin.partitioned (table_name, key_column, bound) VALUES ($1, $2, $3)', [table, key, day])
  if (!items.some((item) => item.startsWith(`${key} `) && / not null\b/.test(item)))
    throw refusal('the partition key is NOT NULL.')
  for (const [event, transition] of [
    ['INSERT', 'NEW TABLE'],
    ['UPDATE', 'NEW TABLE'],
    ['DELETE', 'OLD TABLE'],
  ]) {
    await run(
      `CREATE TRIGGER standin_${event!.toLowerCase()} AFTER ${event} ON ${table} REFERENCING ${transition} AS touched_rows ` +
        'FOR EACH STATEMENT EXECUTE FUNCTION standin.touch()',
    )
  }
  await run(
    `CREATE TRIGGER standin_move AFTER UPDATE OF ${key} ON ${table} FOR EACH ROW WHEN (OLD.${key} <> NEW.${key}) ` +
      'EXECUTE FUNCTION standin.refuse_move()',
  )
}

/** A column with what keeps its values within its type; undefined where this is none. */
function columnOf(item: string, version: OracleVersion): string[] | undefined {
  if (/^index\b/.test(item)) throw oraError(904, '"INDEX": invalid identifier')
  if (/^(?:constraint|primary key|unique|check)\b/.test(item)) return undefined
  const [, name = '', type = '', notNull = '', constraint = '', check] =
    /^(\w+) ([a-z_]\w*(?:\([^()]*\))?)( not null)?(?: (constraint \w+ )?check\((\w+) is json\))?$/.exec(item) ?? []
  if (name === '') throw refusal(`no rule for the column ${item}`)
  assertName(name)
  if (check !== undefined && (check !== name || type !== 'clob')) throw refusal(`no rule for the check of ${item}`)
  return [
    `${name} ${postgresType(type, version)}${notNull}`,
    ...lengthChecks(name, type),
    ...(check === undefined ? [] : [jsonCheck(constraint, name)]),
  ]
}

const jsonCheck = (constraint: string, column: string): string => `${constraint}CHECK (standin.is_json(${column}))`

/** What a VARCHAR2 may hold: characters up to its length, bytes up to 4,000, and never the empty text. */
function lengthChecks(name: string, type: string): string[] {
  const length = /^varchar2\((\d+) char\)$/.exec(type)?.[1]
  if (length === undefined) return []
  return [
    `CONSTRAINT max_${length}_${name} CHECK (char_length(${name}) <= ${length} AND octet_length(${name}) <= 4000)`,
    `CONSTRAINT empty_${name} CHECK (${name} <> '')`,
  ]
}

function postgresType(type: string, version: OracleVersion): string {
  const text = /^varchar2\((\d+) char\)$/.exec(type)?.[1]
  if (text !== undefined) {
    if (Number(text) > 4000) throw oraError(910, 'specified length too long for its datatype')
    return 'varchar'
  }
  if (/^number\(\d+\)$/.test(type)) return type.replace('number', 'numeric')
  if (type === 'json' && version === '23ai') return 'standin.document'
  const plain = PLAIN_TYPES[type]
  if (plain === undefined) throw refusal(`no rule for the type ${type.toUpperCase()} on ${version}.`)
  return plain
}

const PLAIN_TYPES: Readonly<Record<string, string>> = {
  number: 'numeric',
  binary_double: 'float8',
  date: 'oracle.date',
  'timestamp(3)': 'timestamp(3)',
  clob: 'standin.clob',
}

/** A key of a table: its index is local where the table is cut into days, and holds the day. */
function constraintOf(item: string, head: Head): string {
  const [, name, kind, columns, using, local] =
    /^(?:constraint (\w+) )?(primary key|unique)\(([\w, ]+)\)( using index)?( local)?$/.exec(item) ?? []
  if (kind === undefined) throw refusal(`no rule for ${item}`)
  if (local !== undefined && using === undefined) throw oraError(905, 'missing keyword')
  assertLocal(head, columns!, local !== undefined, true)
  return `${name === undefined ? '' : `CONSTRAINT ${name} `}${kind} (${columns})`
}

function assertLocal({ key }: Head, columns: string, isLocal: boolean, isUnique: boolean): void {
  if (key === undefined) {
    if (isLocal) throw oraError(14016, 'underlying table of a LOCAL partitioned index must be partitioned')
    return
  }
  if (!isLocal) throw refusal('a global index on a table with partitions makes dropping them expensive.')
  if (isUnique && !splitList(columns).includes(key))
    throw oraError(14039, 'partitioning columns must form a subset of key columns of a UNIQUE index')
}

async function headOf(run: Run, table: string): Promise<Head> {
  const { rows } = await run('SELECT key_column FROM standin.partitioned WHERE table_name = $1', [table])
  return { table, key: rows[0]?.[0] ?? undefined }
}

async function createIndex({ run, parts: [unique, name = '', table = '', columns = '', local, compress] }: Ddl) {
  assertName(name)
  assertLocal(await headOf(run, table), columns, local !== undefined, unique !== undefined)
  const most = splitList(columns).length - (unique === undefined ? 0 : 1)
  if (compress !== undefined && (Number(compress) < 1 || Number(compress) > most))
    throw oraError(25194, 'invalid COMPRESS prefix length value')
  const { rows } = await run(
    `SELECT 1 FROM pg_index x WHERE x.indrelid = to_regclass($1) AND (SELECT string_agg(a.attname, ', ' ORDER BY k.n)
     FROM unnest(x.indkey) WITH ORDINALITY k (num, n) JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.num) = $2`,
    [table, columns],
  )
  if (rows.length > 0) throw oraError(1408, 'such column list already indexed')
  await run(`CREATE ${unique ?? ''}INDEX ${name} ON ${table} (${columns})`)
}

async function createSequence({ run, parts: [name = '', options = ''] }: Ddl) {
  assertName(name)
  const option = (word: string) => Number(new RegExp(` ${word} (\\d+)`).exec(options)?.[1] ?? 1)
  if (option('start with') < option('minvalue')) throw oraError(4006, 'START WITH cannot be less than MINVALUE')
  if (/ cache [01]\b/.test(options)) throw oraError(4010, 'the number of values to CACHE must be greater than 1')
  await run(`CREATE SEQUENCE ${name} MINVALUE ${option('minvalue')} START WITH ${option('start with')}`)
}

/** Names of constraints are one in a schema, not in a table. */
async function assertConstraintNames(run: Run, sql: string): Promise<void> {
  for (const [, name = ''] of sql.matchAll(/\bconstraint (\w+)/g)) {
    assertName(name)
    const { rows } = await run(
      "SELECT 1 FROM pg_constraint WHERE conname = $1 AND connamespace = 'public'::regnamespace",
      [name],
    )
    if (rows.length > 0) throw oraError(2264, 'name already used by an existing constraint')
  }
}

async function addConstraint({ run, parts: [table = '', rest = ''] }: Ddl) {
  const [, name, column] = /^(\w+) check\((\w+) is json\)$/.exec(rest) ?? []
  const head = await headOf(run, table)
  if (/ primary key\(/.test(rest)) await assertNoKey(run, table)
  await assertConstraintNames(run, `constraint ${rest}`)
  const line =
    column === undefined ? constraintOf(`constraint ${rest}`, head) : jsonCheck(`CONSTRAINT ${name} `, column)
  await run(`ALTER TABLE ${table} ADD ${line}`)
}

async function assertNoKey(run: Run, table: string): Promise<void> {
  const { rows } = await run("SELECT 1 FROM pg_constraint WHERE conrelid = to_regclass($1) AND contype = 'p'", [table])
  if (rows.length > 0) throw oraError(2260, 'table can have only one primary key')
}

async function addColumn({ run, parts: [table = '', rest = ''], version }: Ddl) {
  // The closing bracket of a type is no part of the pattern's group.
  const item = /\([^)]*$/.test(rest) ? `${rest})` : rest
  await assertConstraintNames(run, item)
  const lines = columnOf(item, version)
  if (!lines) throw refusal(`no rule for ALTER TABLE ${table} ADD ${rest}`)
  const [column, ...checks] = lines
  await run(`ALTER TABLE ${table} ${[`ADD COLUMN ${column}`, ...checks.map((check) => `ADD ${check}`)].join(', ')}`)
}

async function createForExchange({ run, parts: [table = '', model = ''] }: Ddl) {
  assertName(table)
  // Columns with their types and NOT NULLs; no key, no index and no check. What a VARCHAR2 may hold belongs to its type.
  await run(`CREATE TABLE ${table} (LIKE ${model})`)
  const { rows } = await run(
    `SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass($1) AND contype = 'c'
     AND (conname LIKE 'max\\_%' OR conname LIKE 'empty\\_%')`,
    [model],
  )
  for (const [name, check] of rows) await run(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${check}`)
}

async function dropTable({ run, parts: [table = ''] }: Ddl) {
  // Who changed rows of it keeps it; who read it doesn't.
  await run(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE NOWAIT`)
  await run(`DROP TABLE ${table}`)
  await run('DELETE FROM standin.partitions WHERE table_name = $1', [table])
  await run('DELETE FROM standin.partitioned WHERE table_name = $1', [table])
}
