import { AnalyticsError } from '@analytics/protocol'

/** What a formula says, as a tree. */
export type Formula =
  | { kind: 'number'; value: number }
  | { kind: 'name'; name: string }
  | { kind: 'negative'; of: Formula }
  | { kind: 'operation'; operator: Operator; left: Formula; right: Formula }

type Operator = '+' | '-' | '*' | '/'

interface Token {
  kind: 'number' | 'name' | 'sign' | 'end'
  /** Of a sign the one that stands for its like: `×` is `*`. */
  text: string
  /** Where it begins, from 1. */
  at: number
}

/** Numbers, names and operators of one formula. */
const MAX_NODES = 100
/** Brackets and signs within each other. */
const MAX_DEPTH = 20

const SIGNS: ReadonlyMap<string, string> = new Map([
  ...['+', '-', '*', '/', '(', ')'].map((sign) => [sign, sign] as const),
  ['−', '-'],
  ['×', '*'],
  ['÷', '/'],
])

const OPERATORS: ReadonlyMap<string, { strength: number; operator: Operator }> = new Map([
  ['+', { strength: 1, operator: '+' }],
  ['-', { strength: 1, operator: '-' }],
  ['*', { strength: 2, operator: '*' }],
  ['/', { strength: 2, operator: '/' }],
])

/** Reads a formula. @throws AnalyticsError `invalid_query` with the field. */
export function parseFormula(text: string, field: string): Formula {
  const invalid = (what: string) => new AnalyticsError('invalid_query', `${field}: ${what}.`, { field })
  const tokens = tokensOf(text, invalid)
  let place = 0
  let nodes = 0

  function node(formula: Formula): Formula {
    if (++nodes > MAX_NODES) throw invalid(`has more than ${MAX_NODES} parts`)
    return formula
  }

  /** An operand, and all operators behind it that bind at least so strongly. */
  function expression(strength: number, depth: number): Formula {
    let left = operand(depth)
    for (;;) {
      const found = operatorOf(tokens[place]!)
      if (!found || found.strength < strength) return left
      place++
      const right = expression(found.strength + 1, depth)
      left = node({ kind: 'operation', operator: found.operator, left, right })
    }
  }

  function operand(depth: number): Formula {
    if (depth > MAX_DEPTH) throw invalid(`nests deeper than ${MAX_DEPTH} levels`)
    const token = tokens[place++]!
    if (token.kind === 'number') {
      const value = Number(token.text)
      if (!Number.isFinite(value)) throw invalid('has a number that is too large')
      return node({ kind: 'number', value })
    }
    if (token.kind === 'name') return node({ kind: 'name', name: token.text })
    if (token.text === '-') return node({ kind: 'negative', of: operand(depth + 1) })
    if (token.text !== '(') throw invalid(unexpected(token, 'a number, a name or a bracket'))
    const inner = expression(1, depth + 1)
    const end = tokens[place++]!
    if (end.text !== ')') throw invalid(unexpected(end, 'an operator or a closing bracket'))
    return inner
  }

  const formula = expression(1, 0)
  if (tokens[place]!.kind !== 'end') throw invalid(unexpected(tokens[place]!, 'an operator'))
  return formula
}

function operatorOf({ kind, text }: Token): { strength: number; operator: Operator } | undefined {
  return kind === 'sign' ? OPERATORS.get(text) : undefined
}

function unexpected({ kind, text, at }: Token, wanted: string): string {
  return kind === 'end' ? `ends where ${wanted} is missing` : `has ${text} at ${at}, where ${wanted} is missing`
}

function tokensOf(text: string, invalid: (what: string) => AnalyticsError): Token[] {
  const pattern = /\s*(?:(\d+(?:\.\d+)?|\.\d+)|([\p{L}_][\p{L}\p{M}\p{N}_]*)|([-+*/()−×÷]))/uy
  const tokens: Token[] = []
  const end = text.trimEnd().length
  while (pattern.lastIndex < end) {
    const from = pattern.lastIndex
    const [whole, number, name, sign] = pattern.exec(text) ?? []
    if (whole === undefined) {
      const rest = text.slice(from).trimStart()
      throw invalid(`has ${String.fromCodePoint(rest.codePointAt(0)!)}, which is no part of a formula`)
    }
    const token = number ?? name ?? sign!
    const at = from + whole.length - token.length + 1
    if (number !== undefined) tokens.push({ kind: 'number', text: number, at })
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, at })
    else tokens.push({ kind: 'sign', text: SIGNS.get(sign!)!, at })
  }
  if (tokens.length === 0) throw invalid('is empty')
  return [...tokens, { kind: 'end', text: '', at: end + 1 }]
}

/** The names of metrics in a formula, each once. */
export function namesIn(formula: Formula): string[] {
  switch (formula.kind) {
    case 'number':
      return []
    case 'name':
      return [formula.name]
    case 'negative':
      return namesIn(formula.of)
    case 'operation':
      return [...new Set([...namesIn(formula.left), ...namesIn(formula.right)])]
  }
}

/** The value of a formula; null where a part has none, where it divides by 0, and where no number is large enough. */
export function evaluate(formula: Formula, read: (name: string) => number | null): number | null {
  switch (formula.kind) {
    case 'number':
      return formula.value
    case 'name':
      return read(formula.name)
    case 'negative': {
      const value = evaluate(formula.of, read)
      // No negative zero: JSON has none.
      return value === null ? null : 0 - value
    }
    case 'operation': {
      const left = evaluate(formula.left, read)
      const right = evaluate(formula.right, read)
      if (left === null || right === null) return null
      const value = operate(formula.operator, left, right)
      return Number.isFinite(value) ? value + 0 : null
    }
  }
}

function operate(operator: Operator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return left / right
  }
}
