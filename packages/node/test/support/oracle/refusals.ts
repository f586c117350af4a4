import { oraError, refusal } from './errors.js'
import { closingBracket, queryBlocks, splitList } from './text.js'

/** The servers that the stand-in passes for. */
export type OracleVersion = '19c' | '23ai'

/** Refuses a statement that Oracle would refuse, or that is outside of what the stand-in knows. */
export function assertOracle(sql: string, version: OracleVersion): void {
  for (const { pattern, error, only } of PATTERNS)
    if ((only ?? version) === version && pattern.test(sql)) throw error(pattern.exec(sql)?.[1] ?? '')
  assertKnownFunctions(sql)
  assertLists(sql)
  assertAliases(sql)
  for (const { outline, list } of queryBlocks(sql)) {
    assertBlock(outline, version)
    if (version === '19c') assertNoBoolean(list)
  }
}

interface Pattern {
  pattern: RegExp
  error: (found: string) => Error
  only?: OracleVersion
}

const ora = (errorNum: number, text: string) => () => oraError(errorNum, text)
const notEnded = ora(933, 'SQL command not properly ended')
const invalidCharacter = ora(911, 'invalid character')

/** What other databases take and Oracle doesn't; and what depends on the zone of a session or of the server. */
const PATTERNS: readonly Pattern[] = [
  { pattern: /\blimit\b/, error: notEnded },
  { pattern: /;/, error: notEnded },
  { pattern: /\b(?:from|join|update|into) [\w.]+ as \w+/, error: notEnded },
  { pattern: /\bif (?:not )?exists\b/, error: notEnded, only: '19c' },
  { pattern: /^select (?:distinct )?\*, /, error: ora(923, 'FROM keyword not found where expected') },
  { pattern: /\b(?:from|join) \(values \(/, error: ora(903, 'invalid table name'), only: '19c' },
  { pattern: /\bvalues \(.*\), \(/, error: notEnded, only: '19c' },
  { pattern: /\b(?:on conflict|ilike|distinct on|is distinct from|lateral)\b/, error: notEnded },
  { pattern: /[~@#?[\]{}\\^]|->|::|&&|%/, error: invalidCharacter },
  { pattern: /\$\d/, error: invalidCharacter },
  { pattern: /(?<![\w$'])_\w/, error: invalidCharacter },
  {
    pattern: /\b(true|false)\b/,
    error: (word) => oraError(904, `"${word.toUpperCase()}": invalid identifier`),
    only: '19c',
  },
  { pattern: /\bexcept\b/, error: notEnded, only: '19c' },
  { pattern: /"/, error: () => refusal('quoted names are case-sensitive; ours are never quoted.') },
  { pattern: /^with .*\b(?:insert into|update|delete from) /, error: ora(928, 'missing SELECT keyword') },
  {
    pattern: /\b(sysdate|current_date|current_timestamp|localtimestamp)\b/,
    error: (name) => refusal(`${name.toUpperCase()} depends on a zone.`),
  },
  {
    pattern: /(?<!sys_extract_utc\()\b(systimestamp)\b/,
    error: () => refusal('SYSTIMESTAMP without SYS_EXTRACT_UTC depends on the zone of the server.'),
  },
  { pattern: /\bas (?:date|timestamp)\)/, error: () => refusal('a cast to a date or an instant has no rule.') },
]

/** Functions that mean the same in Oracle and here, be it by a rewrite or by a function that is installed. */
const FUNCTIONS = new Set(
  (
    'abs avg ceil coalesce count dbms_lob.compare extract floor greatest instr json_arrayagg json_objectagg json_query json_value least ' +
    'length lower max min mod nlssort nullif nvl over power row_number round sign sqrt substr sum sys_extract_utc to_char to_date ' +
    'to_clob to_timestamp trunc upper cast lag lead first_value last_value varchar2 number numtodsinterval'
  ).split(' '),
)

function assertKnownFunctions(sql: string): void {
  const lists = new Set([
    ...[...sql.matchAll(/(?:\bwith |\), )(\w+)\([\w, ]+\) as \(/g)].map(([, name]) => name),
    ...[...sql.matchAll(/^insert into (\w+)\(/g)].map(([, name]) => name),
  ])
  for (const [, name] of sql.matchAll(/(?<![\w.$])([a-z][\w$.]*)\(/g))
    if (!FUNCTIONS.has(name!) && !lists.has(name)) throw refusal(`no rule for the function ${name!.toUpperCase()}.`)
}

const LIST_MAXIMUM = 1000

function assertLists(sql: string): void {
  for (const { index } of sql.matchAll(/\bin \(/g)) {
    const open = index + 3
    if (splitList(sql.slice(open + 1, closingBracket(sql, open))).length > LIST_MAXIMUM)
      throw oraError(1795, 'maximum number of expressions in a list is 1000')
  }
}

/** Words that name nothing unless they are quoted. */
const RESERVED = new Set(
  (
    'access add all alter and any as asc audit between by char check cluster column comment compress connect create ' +
    'current date decimal default delete desc distinct drop else exclusive exists file float for from grant group having ' +
    'identified immediate in increment index initial insert integer intersect into is level like lock long maxextents ' +
    'minus mlslabel mode modify noaudit nocompress not nowait null number of offline on online option or order pctfree ' +
    'prior public raw rename resource revoke row rowid rownum rows select session set share size smallint start ' +
    'successful synonym sysdate table then to trigger uid union unique update user validate values varchar varchar2 ' +
    'view whenever where with'
  ).split(' '),
)

/** Refuses a name that Oracle doesn't take unquoted. */
export function assertName(name: string): void {
  if (RESERVED.has(name)) throw oraError(904, `"${name.toUpperCase()}": invalid identifier`)
  if (!/^[a-z][\w$]*$/.test(name)) throw oraError(911, 'invalid character')
  if (name.length > 128) throw oraError(972, 'identifier is too long')
  if (name.length > 63) throw refusal(`the name ${name} is longer than Postgres takes.`)
}

function assertAliases(sql: string): void {
  for (const [, alias] of sql.matchAll(/ as (\w+)(?=[ ,)]|$)/g))
    if (RESERVED.has(alias!) && !/^(char|number|varchar2)$/.test(alias!))
      throw oraError(923, 'FROM keyword not found where expected')
  // A WITH that refers to itself names its columns.
  for (const { 0: start, 1: name, index } of sql.matchAll(/(?:\bwith |\), )(\w+) as (?=\()/g)) {
    const open = index + start.length
    if (new RegExp(`\\b(?:from|join) ${name}\\b`).test(sql.slice(open, closingBracket(sql, open))))
      throw oraError(32039, 'recursive WITH clause must have column alias list')
  }
  // A table in brackets takes a name, but no AS.
  for (const { index, 0: word } of sql.matchAll(/\b(?:from|join) (?=\()/g)) {
    const rest = sql.slice(closingBracket(sql, index + word.length) + 1)
    if (/^ as \w/.test(rest)) throw notEnded()
  }
}

/** What a single SELECT may not be. */
function assertBlock(outline: string, version: OracleVersion): void {
  if (version === '19c' && !/ from\b/.test(outline)) throw oraError(923, 'FROM keyword not found where expected')
  if (/ for update\b/.test(outline) && /\bfetch (?:first|next)\b|\bgroup by\b|^select distinct\b/.test(outline))
    throw oraError(2014, 'cannot select FOR UPDATE from view with DISTINCT, GROUP BY, etc.')
  const grouped = / group by (.*?)(?= having | order by |$)/.exec(outline)?.[1]
  if (grouped === undefined) return
  const list = /^select (.*?) from\b/.exec(outline)?.[1] ?? ''
  for (const item of splitList(grouped)) {
    if (/^\d+$/.test(item)) throw oraError(979, 'not a GROUP BY expression')
    const isAlias = splitList(list).some((one) => one.endsWith(` as ${item}`) && !one.startsWith(`${item} `))
    if (isAlias && version === '19c') throw oraError(904, `"${item.toUpperCase()}": invalid identifier`)
  }
}

/** A condition is no value in 19c: it stands in CASE, or it is no part of a select list. */
function assertNoBoolean(list: string): void {
  let text = list
  for (let last = ''; last !== text; ) {
    last = text
    // Queries within it are blocks of their own; windows say BETWEEN and mean no condition.
    text = text.replaceAll(/\bcase\b(?:(?!\bcase\b).)*?\bend\b/g, '0').replaceAll(/\bover\([^()]*\)/g, '')
    text = text.replaceAll(/\(select [^()]*\)/g, '0').replaceAll(/\((?!select )([^()]*)\)/g, ' $1 ')
  }
  if (/[<>=]|\bis (?:not )?null\b|\b(?:not|between|like|exists)\b|\bin\b/.test(text))
    throw oraError(923, 'FROM keyword not found where expected')
}
