import { oraError, refusal } from './errors.js'
import { literalNumber, replaceCalls, type StatementText, writeLiteral } from './text.js'

/** One difference between the dialects. */
export interface Rewrite {
  /** As a reader of Oracle's SQL knows it. */
  name: string
  apply(text: StatementText): string
}

const DAY_FORMAT = /^YYYY-MM-DD$/
const INSTANT_FORMAT = /^YYYY-MM-DD"T"HH24:MI:SS\.FF([1-6])"Z"$/

/**
 * Every difference between the statements that Oracle gets and those that Postgres runs. All else is the same text; what
 * neither is the same in both nor stands here has no rule and fails. The functions of the schema `standin` are in
 * `helpers.sql`; SUBSTR, INSTR, NVL, LENGTH, TO_CLOB and the operators `||` and `/` are replaced by name, without a rewrite.
 */
export const REWRITES: readonly Rewrite[] = [
  {
    name: 'TO_TIMESTAMP of the text of an instant',
    apply: (text) => ofFormat(text, 'to_timestamp', INSTANT_FORMAT, 'standin.to_instant'),
  },
  {
    name: 'TO_DATE of the text of a day',
    apply: (text) => ofFormat(text, 'to_date', DAY_FORMAT, 'standin.to_day'),
  },
  {
    name: 'SYS_EXTRACT_UTC(SYSTIMESTAMP)',
    apply: ({ sql }) => sql.replaceAll('sys_extract_utc(systimestamp)', 'standin.utc_now()'),
  },
  {
    name: 'WITH that refers to itself',
    apply: ({ sql }) => sql.replaceAll(/\bwith (?=\w+(?:\([^()]*\))? as \()/g, 'with recursive '),
  },
  {
    name: 'sequence.NEXTVAL',
    apply: ({ sql }) => sql.replaceAll(/\b(\w+)\.nextval\b/g, (_, sequence: string) => nextValue(sql, sequence)),
  },
  {
    name: 'rows from DUAL by CONNECT BY LEVEL',
    apply: ({ sql }) =>
      sql.replaceAll(/ from dual connect by level <= (:\w+|\d+)/g, ' from generate_series(1, $1) as counted(level)'),
  },
  {
    name: 'LIKE, which has no escape of its own',
    apply({ sql }) {
      if (/\blike (?!'\d+'|:\w+)/.test(sql)) throw refusal('LIKE takes a literal or a bind.')
      return sql.replaceAll(/\blike ('\d+'|:\w+)(?! escape\b)/g, "like $1 escape ''")
    },
  },
  { name: 'MINUS', apply: ({ sql }) => sql.replaceAll(/\bminus\b/g, 'except') },
  {
    name: 'CAST to a type of Oracle',
    apply: ({ sql }) =>
      sql
        .replaceAll(/ as number\)/g, ' as numeric)')
        .replaceAll(/ as binary_double\)/g, ' as float8)')
        .replaceAll(/ as varchar2\(\d+(?: char)?\)\)/g, ' as varchar)'),
  },
  {
    name: 'NLSSORT by bytes',
    apply: (text) =>
      replaceCalls(text.sql, 'nlssort', ([value = '', order = '']) => {
        if (text.literals[literalNumber(order) ?? -1] !== 'NLS_SORT=BINARY')
          throw refusal('NLSSORT takes NLS_SORT=BINARY.')
        return `standin.sort_key(${value})`
      }),
  },
  {
    name: 'JSON_VALUE',
    apply: (text) =>
      replaceCalls(text.sql, 'json_value', ([document = '', rest = '']) => jsonValue(text, document, rest)),
  },
  {
    name: 'JSON_QUERY of a whole document',
    apply: (text) =>
      replaceCalls(text.sql, 'json_query', ([document = '', rest = '']) => {
        const path = text.literals[Number(/^'(\d+)' returning clob$/.exec(rest)?.[1] ?? -1)]
        if (path !== '$') throw refusal(`no rule for JSON_QUERY(…, ${rest}).`)
        return `cast(cast(${document} as text) as standin.clob)`
      }),
  },
  {
    name: 'JSON_OBJECTAGG',
    apply: ({ sql }) =>
      replaceCalls(sql, 'json_objectagg', (args) => {
        const pair = /^key (.+) value (.+) returning clob$/.exec(args.join(', '))
        if (!pair) throw refusal('JSON_OBJECTAGG is written KEY … VALUE … RETURNING CLOB.')
        return `cast(cast(json_object_agg(${pair[1]}, ${pair[2]}) as text) as standin.clob)`
      }),
  },
  {
    name: 'JSON_ARRAYAGG, which leaves NULLs out',
    apply: ({ sql }) =>
      replaceCalls(sql, 'json_arrayagg', (args) => {
        const array = /^(.+?)( order by .+?)? returning clob$/.exec(args.join(', '))
        if (!array || /^distinct\b/.test(array[1]!))
          throw refusal('JSON_ARRAYAGG is written x ORDER BY y RETURNING CLOB.')
        const all = `json_agg(${array[1]}${array[2] ?? ''}) filter (where ${array[1]} is not null)`
        return `cast(cast(case when count(*) > 0 then coalesce(${all}, '[]') end as text) as standin.clob)`
      }),
  },
]

/** Applies every rule, in order. */
export function rewrite({ sql, literals }: StatementText): StatementText {
  let text = sql
  for (const { apply } of REWRITES) text = apply({ sql: text, literals })
  return { sql: text, literals }
}

function ofFormat(text: StatementText, name: string, expected: RegExp, helper: string): string {
  return replaceCalls(text.sql, name, ([value = '', pattern = '', ...others]) => {
    const format = expected.exec(text.literals[literalNumber(pattern) ?? -1] ?? '')
    if (!format || others.length > 0) throw refusal(`${name.toUpperCase()} takes the format ${expected} and no other.`)
    return `${helper}(${[value, ...format.slice(1)].join(', ')})`
  })
}

function nextValue(sql: string, sequence: string): string {
  if (/^select distinct\b|\bgroup by\b|\border by\b|\bunion\b|\bwhere\b.*\.nextval/.test(sql))
    throw oraError(2287, 'sequence number not allowed here')
  return `nextval(cast(${writeLiteral(sequence)} as regclass))`
}

const ITEM_METHODS: Readonly<Record<string, string>> = {
  stringOnly: 'string',
  numberOnly: 'number',
  booleanOnly: 'boolean',
}

function jsonValue({ literals }: StatementText, document: string, rest: string): string {
  const parts = /^'(\d+)'( returning (?:varchar2\((\d+)\)|number|clob))?( null on error)?( null on empty)?$/.exec(rest)
  if (!parts) throw refusal(`no rule for JSON_VALUE(…, ${rest}).`)
  const { steps, method } = readPath(literals[Number(parts[1])]!)
  const path = literals.push(method === 'type' ? `${steps}.type()` : method ? `${steps}[*]` : steps) - 1
  const kind = literals.push(ITEM_METHODS[method ?? ''] ?? 'any') - 1
  const call = (helper: string, ...more: string[]) =>
    `standin.${helper}(${[`cast(${document} as text)`, `cast('${path}' as jsonpath)`, ...more].join(', ')})`
  if (method === 'type') return call('json_text', `'${kind}'`, '4000')
  if (parts[2] === ' returning number') return call('json_number', `'${kind}'`)
  if (parts[2] === ' returning clob') return `cast(${call('json_text', `'${kind}'`, '1073741824')} as standin.clob)`
  return call('json_text', `'${kind}'`, parts[3] ?? '4000')
}

/**
 * A path of quoted steps, perhaps with an item method. Steps are taken over as they are: Postgres reads them laxly, too, so
 * that a step of an object goes through an array, once. Every item method but `type()` goes through an array as well.
 */
function readPath(path: string): { steps: string; method: string | undefined } {
  const parts = /^(\$(?:\."(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})+")+)(?:\.(\w+)\(\))?$/.exec(path)
  const method = parts?.[2]
  if (!parts || (method !== undefined && method !== 'type' && !ITEM_METHODS[method]))
    throw refusal(`no rule for the JSON path ${path}.`)
  return { steps: parts[1]!.replaceAll('\\u0000', '\\uFFFE'), method }
}
