import { bindPlaces, typeOf } from './binds.js'
import { type Bind, driver, type ParsedStatement, parseStatement } from './driver.js'
import { oraError, refusal } from './errors.js'
import { assertOracle, type OracleVersion } from './refusals.js'
import { rewrite } from './rewrites.js'
import { readText, type StatementText, writeLiteral } from './text.js'

/** What a statement does, as far as it matters to a transaction. */
export type StatementKind = 'query' | 'locking-query' | 'insert-values' | 'change' | 'lock'

/** A statement that may run. */
export interface Translation {
  kind: StatementKind
  /** The table that it changes. */
  table: string | undefined
  /** Its text for Postgres; `bind` spells the bind of a number, from 0. */
  sql(bind: (index: number) => string): string
  /** The same for many rows at once, which come from a table called `bound`; undefined where there is no such way. */
  bulk: ((bind: (index: number) => string, rows: string) => string) | undefined
}

/** The families of statements; what belongs to none of them has no rule. DDL is beside them, in `ddl.ts`. */
const FAMILIES: readonly { kind: StatementKind; pattern: RegExp }[] = [
  { kind: 'locking-query', pattern: /^(?:select|with) .* for update(?: nowait| skip locked)?$/ },
  { kind: 'query', pattern: /^(?:select|with) .* from / },
  { kind: 'insert-values', pattern: /^insert into (\w+)\([\w, ]+\) values \(.*\)$/ },
  { kind: 'change', pattern: /^insert into (\w+)\([\w, ]+\) ?(?:select|with) / },
  { kind: 'change', pattern: /^update (\w+)(?: (?!set)\w+)? set .+/ },
  { kind: 'change', pattern: /^delete from (\w+)(?: (?!where)\w+)?(?: where .+)?$/ },
  { kind: 'lock', pattern: /^lock table (\w+) in (?:exclusive|share) mode(?: nowait)?$/ },
]

/** Reads a statement as the driver does. @throws as the driver does, before anything is sent. */
export function parse(sql: string, binds: readonly Bind[], isMany: boolean): ParsedStatement {
  const { errors } = driver
  const statement = parseStatement(sql)
  if (isMany && statement.isQuery) errors.throwErr(errors.ERR_EXECMANY_NOT_ALLOWED_ON_QUERIES)
  bindPlaces(statement.bindInfoList, binds)
  if (statement.isPlSql) throw refusal('PL/SQL has no rule.')
  return statement
}

/** Finds the family of a statement, refuses what Oracle refuses, and rewrites the rest. */
export function translate(
  { sql: statement, bindInfoList }: ParsedStatement,
  binds: readonly Bind[],
  version: OracleVersion,
): Translation {
  const text = readText(statement)
  assertOracle(text.sql, version)
  const family = FAMILIES.find(({ pattern }) => pattern.test(text.sql))
  if (!family) {
    if (version === '19c' && /^select /.test(text.sql)) throw oraError(923, 'FROM keyword not found where expected')
    throw refusal(`no rule for the statement ${statement}`)
  }
  const rewritten = rewrite(text)
  if (/\breturning\b/.test(rewritten.sql)) throw refusal(`no rule for RETURNING in ${statement}`)
  const types = binds.map((bind) => typeOf(bind, version))
  const places = bindPlaces(bindInfoList, binds)
  const finish = (sql: string, bind: (index: number) => string) => written({ ...rewritten, sql }, types, places, bind)
  return {
    kind: family.kind,
    table: family.pattern.exec(text.sql)?.[1],
    sql: (bind) => finish(rewritten.sql, bind),
    bulk: bulkOf(rewritten.sql, finish),
  }
}

function written(
  { sql, literals }: StatementText,
  types: readonly (string | undefined)[],
  places: readonly number[],
  bind: (index: number) => string,
) {
  let place = 0
  return sql
    .replaceAll(/:\w+/g, () => {
      const index = places[place++]!
      const type = types[index]
      return type === undefined ? bind(index) : `cast(${bind(index)} as ${type})`
    })
    .replaceAll(/'(\d+)'/g, (_, number: string) => writeLiteral(literals[Number(number)]!))
}

function bulkOf(sql: string, finish: (sql: string, bind: (index: number) => string) => string): Translation['bulk'] {
  const [, insert, values] = /^(insert into \w+\([\w, ]+\)) values \((.*)\)$/.exec(sql) ?? []
  if (insert !== undefined)
    return (bind, rows) => finish(`${insert} select ${values} from ${BOUND}`, bind).replace(BOUND, () => rows)
  const [, update, where] = /^(update \w+ set (?:(?! where ).)*) where (.*)$/.exec(sql) ?? []
  if (update === undefined || /\bselect\b/.test(sql)) return undefined
  return (bind, rows) => finish(`${update} from ${BOUND} where ${where}`, bind).replace(BOUND, () => rows)
}

/** Stands for the rows until binds are spelled: theirs are no binds of the statement. */
const BOUND = 'bound_rows'
