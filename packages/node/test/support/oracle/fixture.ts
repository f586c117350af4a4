import oracledb from 'oracledb'
import { afterAll, beforeAll, expect } from 'vitest'
import { startPostgres, type TestPostgres } from '../postgres.js'
import { standInTemplate } from './database.js'
import { createFaults, type Faults } from './faults.js'
import { type StandInConnection, type StandInOptions, type StandInPool, standInPool } from './pool.js'

/** The day of the rows. */
export const DAY = '2026-01-11'

/** A day as a literal. */
export const dayLiteral = (date: string): string => `TO_DATE('${date}', 'YYYY-MM-DD')`

/** Inserts a row of a day, with an id. */
export const INSERT = `INSERT INTO events (event_day, event_id) VALUES (TO_DATE(:1, 'YYYY-MM-DD'), :2)`

/** The binds of {@link INSERT}. */
export const DEFS: oracledb.ExecuteManyOptions = {
  bindDefs: [
    { type: oracledb.STRING, maxSize: 10 },
    { type: oracledb.STRING, maxSize: 26 },
  ],
}

/** Fetches CLOBs as text. */
export const asText: oracledb.ExecuteOptions = {
  fetchTypeHandler: ({ dbType }) => (dbType === oracledb.DB_TYPE_CLOB ? { type: oracledb.STRING } : undefined),
} as oracledb.ExecuteOptions

const TABLE = [
  `CREATE TABLE events (
    event_day DATE NOT NULL, event_id VARCHAR2(26 CHAR) NOT NULL, label VARCHAR2(5 CHAR), amount BINARY_DOUBLE,
    person NUMBER(10), at TIMESTAMP(3), properties CLOB CONSTRAINT events_js CHECK (properties IS JSON),
    CONSTRAINT events_pk PRIMARY KEY (event_day, event_id) USING INDEX LOCAL
  ) PARTITION BY RANGE (event_day) INTERVAL (NUMTODSINTERVAL(1, 'DAY'))
    (PARTITION p_initial VALUES LESS THAN (${dayLiteral('2000-01-01')}))`,
  'CREATE INDEX events_ix ON events (label) LOCAL',
]

/** What a test of the stand-in gets. */
export interface StandInTest {
  one: StandInConnection
  connect(): Promise<StandInConnection>
  /** Opens another pool over the same database. */
  again(): Promise<StandInPool>
  faults: Faults
}

/** Tests on a server of their own, each with a database of its own, where a table of events is. */
export function useStandIn(): (
  test: (context: StandInTest) => Promise<void>,
  options?: Partial<StandInOptions>,
) => () => Promise<void> {
  let postgres: TestPostgres
  let template: string
  beforeAll(async () => {
    // Not the zone of anything that is stored.
    postgres = await startPostgres({ timezone: 'America/New_York' })
    template = await standInTemplate(postgres)
  })
  afterAll(() => postgres.stop())

  return (test, options) => async () => {
    const database = await postgres.createDatabase({ template })
    const faults = createFaults()
    const again = () => standInPool({ database, version: '19c', faults, ...options })
    const pool = await again()
    const one = await pool.getConnection()
    if (options?.version !== '23ai') for (const sql of TABLE) await one.execute(sql)
    await test({ one, connect: () => pool.getConnection(), again, faults })
    expect(faults.pending()).toBe(0)
    await pool.close(0)
    await database.drop()
  }
}

/** The one value of a query. */
export async function selectOne(connection: StandInConnection, sql: string, binds: unknown[] = []): Promise<unknown> {
  const { rows } = await connection.execute(sql, binds as oracledb.BindParameters, asText)
  return (rows as unknown[][])[0]?.[0]
}

/** Expects that a statement fails with this code. */
export async function expectRefusal(
  connection: StandInConnection,
  sql: string,
  code: string,
  binds: unknown[] = [],
): Promise<void> {
  const outcome = await connection.execute(sql, binds as oracledb.BindParameters).catch((error: unknown) => error)
  expect({ sql, outcome }).toMatchObject({ sql, outcome: { code } })
}
