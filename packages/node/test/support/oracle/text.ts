/** The text of a statement in one spelling, its literals set aside. */
export interface StatementText {
  /**
   * Lower case, single spaces, none within brackets, and before them only after a keyword: what touches a bracket is a
   * function. Each literal is `'n'`, with its number, so that nothing in one is taken for SQL.
   */
  sql: string
  /** The literals, unescaped. */
  literals: string[]
}

const KEYWORD_BRACKET =
  /\b(select|from|join|where|having|and|or|not|in|exists|when|then|else|by|on|as|all|distinct|set|union|values)\(/g

/** Brings a statement into one spelling. @throws where it holds what has no place in it. */
export function readText(statement: string): StatementText {
  const literals: string[] = []
  const masked = statement.replaceAll(
    /'((?:[^']|'')*)'|--[^\n]*|\/\*[\s\S]*?\*\//g,
    (whole: string, literal: string | undefined) =>
      literal === undefined && !whole.startsWith("'")
        ? ' '
        : `'${literals.push((literal ?? '').replaceAll("''", "'")) - 1}'`,
  )
  const sql = masked
    .toLowerCase()
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?\( ?/g, '(')
    .replaceAll(KEYWORD_BRACKET, '$1 (')
    .replaceAll(/ (?=[),])/g, '')
    .replaceAll(/,(?=\S)/g, ', ')
    .trim()
  return { sql, literals }
}

/** Writes a literal back, as Postgres spells it; an empty one is NULL, as in Oracle. */
export function writeLiteral(literal: string): string {
  return literal === '' ? 'NULL' : `'${literal.replaceAll("'", "''")}'`
}

/** The number of a literal that stands alone; undefined for anything else. */
export function literalNumber(sql: string): number | undefined {
  const number = /^'(\d+)'$/.exec(sql.trim())?.[1]
  return number === undefined ? undefined : Number(number)
}

/** Where the bracket that opens at this place closes. */
export function closingBracket(sql: string, open: number): number {
  let depth = 0
  for (let i = open; i < sql.length; i++) {
    if (sql[i] === '(') depth++
    else if (sql[i] === ')' && --depth === 0) return i
  }
  return sql.length
}

/** The parts of a list, split at the commas that are in no bracket. */
export function splitList(sql: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let i = 0; i < sql.length; i++) {
    if (sql[i] === '(') depth++
    else if (sql[i] === ')') depth--
    else if (sql[i] === ',' && depth === 0) {
      parts.push(sql.slice(start, i).trim())
      start = i + 1
    }
  }
  parts.push(sql.slice(start).trim())
  return parts
}

/** Replaces each call of a function, the innermost first, by what its arguments give. */
export function replaceCalls(sql: string, name: string, replacement: (args: string[]) => string): string {
  let text = sql
  for (;;) {
    // The last of them holds none of the others.
    const at = [...text.matchAll(new RegExp(`(?<![\\w.])${name}\\(`, 'g'))].at(-1)?.index
    if (at === undefined) return text
    const open = at + name.length
    const close = closingBracket(text, open)
    text = text.slice(0, at) + replacement(splitList(text.slice(open + 1, close))) + text.slice(close + 1)
  }
}

/** A piece of a statement that is a query of its own: from its SELECT to the end of its bracket. */
export interface QueryBlock {
  /** Its text, what is in brackets left out as `()`. */
  outline: string
  /** What stands between SELECT and FROM, brackets and all. */
  list: string
}

/** Every SELECT of a statement, also those in brackets; those of a UNION each by themselves. */
export function queryBlocks(sql: string): QueryBlock[] {
  return [...sql.matchAll(/(?<![\w.])select /g)].map(({ index }) => {
    let depth = 0
    let end = sql.length
    let outline = ''
    let from: number | undefined
    for (let i = index; i < sql.length; i++) {
      const char = sql[i]!
      if (char === '(') outline += depth++ === 0 ? '()' : ''
      else if (char === ')') {
        if (--depth < 0) {
          end = i
          break
        }
      } else if (depth === 0) {
        if (i > index && /^ (union|minus|intersect)\b/.test(sql.slice(i, i + 12))) {
          end = i
          break
        }
        if (from === undefined && /^ from\b/.test(sql.slice(i, i + 6))) from = i
        outline += char
      }
    }
    return { outline, list: sql.slice(index + 7, from ?? end) }
  })
}
