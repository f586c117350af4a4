import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluate, namesIn, parseFormula } from '../../src/analysis/trend/formula.js'

const VALUES: Readonly<Record<string, number | null>> = { a: 6, b: 3, zero: 0, none: null, größe: 2, __proto__x: 5 }
const resultOf = (text: string): number | null =>
  evaluate(parseFormula(text, 'formula'), (name) => (Object.hasOwn(VALUES, name) ? VALUES[name]! : 99))

describe('formulas', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['10 - 4 - 3', 3],
    ['24 / 4 / 3', 2],
    ['2 - -3', 5],
    ['--3', 3],
    ['-2 * -3', 6],
    ['-(a + b)', -9],
    ['a × b ÷ 2 − 1', 8],
    ['.5 + 0.25', 0.75],
    [' a\n*\tb ', 18],
    ['größe * 2', 4],
    ['(a * 1 + b * 2) / (1 + 2)', 4],
    ['100 * b / a', 50],
    ['constructor + __proto__ + toString', 297],
  ])('%s is %d', (text, value) => {
    expect(resultOf(text)).toBe(value)
  })

  it.each([
    'a / zero',
    'zero / zero',
    'a / (b - 3)',
    'none',
    '-none',
    'none * 0',
    'a + none',
    `${'9'.repeat(300)} * ${'9'.repeat(300)}`,
  ])('%s has no value', (text) => {
    expect(resultOf(text)).toBeNull()
  })

  it('have no negative zero', () => {
    expect([resultOf('-zero'), resultOf('zero * -1'), resultOf('zero / -a')]).toEqual([0, 0, 0])
  })

  it.each([
    ['', 'is empty'],
    [' \n', 'is empty'],
    ['a +', 'ends where a number, a name or a bracket is missing'],
    ['a b', 'has b at 3, where an operator is missing'],
    ['2 a', 'has a at 3, where an operator is missing'],
    ['1e3', 'has e3 at 2, where an operator is missing'],
    ['+ a', 'has + at 1, where a number, a name or a bracket is missing'],
    ['(a', 'ends where an operator or a closing bracket is missing'],
    ['a)', 'has ) at 2, where an operator is missing'],
    ['()', 'has ) at 2, where a number, a name or a bracket is missing'],
    ['a ^ 2', 'has ^, which is no part of a formula'],
    ['a; process.exit()', 'has ;, which is no part of a formula'],
    ['a.constructor', 'has ., which is no part of a formula'],
    ['a 😀', 'has 😀, which is no part of a formula'],
    ['9'.repeat(400), 'has a number that is too large'],
    [`${'('.repeat(30)}a${')'.repeat(30)}`, 'nests deeper than 20 levels'],
    [`${'-'.repeat(900)}a`, 'nests deeper than 20 levels'],
    [`${'a+'.repeat(60)}a`, 'has more than 100 parts'],
  ])('%s %s', (text, what) => {
    expect(() => parseFormula(text, 'metrics[2].formula')).toThrow(
      expect.objectContaining({
        code: 'invalid_query',
        field: 'metrics[2].formula',
        message: `metrics[2].formula: ${what}.`,
      }),
    )
  })

  it('take 20 levels of brackets, and 100 numbers, names and operators', () => {
    expect(resultOf(`${'('.repeat(20)}a${')'.repeat(20)}`)).toBe(6)
    expect(resultOf(`-${Array(50).fill('a').join('+')}`)).toBe(288)
  })

  it('name each of their metrics once', () => {
    expect(namesIn(parseFormula('-a * (b + a) / 2 - c', 'formula'))).toEqual(['a', 'b', 'c'])
  })
})

/** A formula as its text, and what it is by the rules of arithmetic alone. */
interface Sample {
  text: string
  value: number | null
  /** Of the operator that is outermost; brackets and operands bind strongest. */
  strength: number
}

const space = fc.constantFrom('', ' ', '  ')
const SPELLINGS = { '+': ['+'], '-': ['-', '−'], '*': ['*', '×'], '/': ['/', '÷'] } as const

function combined(operator: '+' | '-' | '*' | '/', a: number | null, b: number | null): number | null {
  if (a === null || b === null || (operator === '/' && b === 0)) return null
  return { '+': a + b, '-': a - b, '*': a * b, '/': a / b }[operator]
}

const bracketed = ({ text, value, strength }: Sample, needed: number): { text: string; value: number | null } =>
  strength >= needed ? { text, value } : { text: `(${text})`, value }

const { sample } = fc.letrec<{ sample: Sample }>((tie) => ({
  sample: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('a', 'b', 'zero', 'none').map((name) => ({ text: name, value: VALUES[name]!, strength: 4 })),
    fc.integer({ min: 0, max: 40 }).map((tenth) => ({ text: String(tenth / 4), value: tenth / 4, strength: 4 })),
    fc.tuple(tie('sample'), space).map(([one, gap]) => {
      const { text, value } = bracketed(one, 3)
      return { text: `-${gap}${text}`, value: value === null ? null : -value, strength: 3 }
    }),
    fc.tuple(tie('sample'), space).map(([one, gap]) => ({ ...one, text: `(${gap}${one.text}${gap})`, strength: 4 })),
    fc
      .tuple(tie('sample'), fc.constantFrom('+', '-', '*', '/'), fc.nat(), tie('sample'), space)
      .map(([one, operator, choice, other, gap]) => {
        const strength = operator === '+' || operator === '-' ? 1 : 2
        const [left, right] = [bracketed(one, strength), bracketed(other, strength + 1)]
        const spellings = SPELLINGS[operator]
        const text = `${left.text}${gap}${spellings[choice % spellings.length]}${gap}${right.text}`
        return { text, value: combined(operator, left.value, right.value), strength }
      }),
  ),
}))

describe('formulas of any shape', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(sample, ({ text, value }) => {
        const got = resultOf(text)
        expect(got, text).toEqual(value === null ? null : value + 0)
      }),
      { seed: 20_268, numRuns: 1000 },
    )
  })

  it('or of none are read, or refused with their field, and never anything else', () => {
    const piece = fc.constantFrom('a', '1', '.', '+', '-', '*', '/', '(', ')', ' ', '÷', '"', 'é', '\u0000', '{')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          parseFormula(pieces.join(''), 'f')
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid_query', field: 'f' })
        }
      }),
      { seed: 20_269, numRuns: 1000 },
    )
  })
})
