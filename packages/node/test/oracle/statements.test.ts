import { fileURLToPath } from 'node:url'
import { init, validate } from '@polyglot-sql/sdk'
import { beforeAll, describe, expect, it } from 'vitest'
import { oracleStatements, oracleStatementsText } from './statements.js'

/**
 * What the parser doesn't know of Oracle's SQL. Written from the documentation: SQL Language Reference, CREATE TABLE (FOR
 * EXCHANGE WITH TABLE; USING INDEX LOCAL; INTERVAL) and CREATE INDEX (LOCAL).
 */
const UNKNOWN_TO_PARSER = [
  /^CREATE TABLE \w+ \([^;]*USING INDEX LOCAL\n\)\nPARTITION BY RANGE/,
  /^CREATE INDEX \w+ ON \w+ \([\w, ]+\) LOCAL$/,
  /^CREATE TABLE \w+ FOR EXCHANGE WITH TABLE \w+$/,
]

describe.each(['19c', '23ai'] as const)('the statements for Oracle %s', (version) => {
  beforeAll(() => init())

  it('are those that were reviewed', async () => {
    const golden = fileURLToPath(new URL(`./statements-${version}.sql`, import.meta.url))
    await expect(await oracleStatementsText(version)).toMatchFileSnapshot(golden)
  })

  it('are taken by an independent parser of Oracle SQL, but for forms of DDL that it does not know', async () => {
    const statements = await oracleStatements(version)
    const refused = statements.filter(({ sql }) => !validate(sql, 'oracle').valid)
    expect(refused.filter(({ sql }) => !UNKNOWN_TO_PARSER.some((form) => form.test(sql)))).toEqual([])
    // The list is no longer than it must be.
    for (const form of UNKNOWN_TO_PARSER)
      expect(
        refused.some(({ sql }) => form.test(sql)),
        String(form),
      ).toBe(true)
    expect(statements.length).toBeGreaterThan(100)
  })

  it('bind every value by its place and type, none as a date of the session', async () => {
    for (const { sql, binds } of await oracleStatements(version)) {
      const bare = sql.replace(/'[^']*'/g, '')
      const named = bare.match(/:b\d+/g) ?? []
      const placed = bare.match(/:\d+/g) ?? []
      const count = binds === '' ? 0 : binds.split(', ').length
      const distinct = new Set(named.length > 0 ? named : placed).size
      expect(distinct, sql).toBe(count)
      expect(binds).not.toMatch(/DB_TYPE_(DATE|TIMESTAMP)/)
    }
  })

  it('list no more values than Oracle takes, and hold no name of a property as it came', async () => {
    const statements = await oracleStatements(version)
    for (const { sql } of statements) {
      for (const [list] of sql.matchAll(/IN \([^()]*\)/g)) expect(list.split(',').length).toBeLessThanOrEqual(1000)
      expect(sql).not.toMatch(/it's|ünï/)
    }
    expect(statements.some(({ sql }) => sql.includes(String.raw`$."it\u0027s \u0022quoted\u0022"`))).toBe(true)
  })
})
