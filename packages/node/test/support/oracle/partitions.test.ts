import { describe, expect, it } from 'vitest'
import { skipsStandIn } from './database.js'
import { DAY, DEFS, dayLiteral, expectRefusal, INSERT, selectOne, useStandIn } from './fixture.js'
import type { StandInConnection } from './pool.js'

const partition = (date: string) => `PARTITION FOR (${dayLiteral(date)})`
const drop = (date: string) => `ALTER TABLE events DROP ${partition(date)}`
const modify = (to: string) => `ALTER TABLE events MODIFY ${partition(DAY)} ${to}`
const EXCHANGE = `ALTER TABLE events EXCHANGE ${partition(DAY)} WITH TABLE aside INCLUDING INDEXES WITHOUT VALIDATION`
const BUSY = 'ORA-00054'

const ASIDE = [
  'CREATE TABLE aside FOR EXCHANGE WITH TABLE events',
  'ALTER TABLE aside ADD CONSTRAINT aside_pk PRIMARY KEY (event_day, event_id)',
  'ALTER TABLE aside ADD CONSTRAINT aside_js CHECK (properties IS JSON)',
  'CREATE INDEX aside_ix ON aside (label)',
]

describe.skipIf(skipsStandIn())('partitions of the Oracle stand-in', () => {
  const using = useStandIn()
  const count = (connection: StandInConnection, table = 'events') =>
    selectOne(connection, `SELECT COUNT(*) FROM ${table}`)
  const insert = async (connection: StandInConnection, ...rows: [string, string][]) => {
    await connection.executeMany(INSERT, rows, DEFS)
    await connection.commit()
  }

  it(
    'has one for each day that rows came for, even if they were rolled back, and the initial one for ever',
    using(async ({ one }) => {
      await expectRefusal(one, drop(DAY), 'ORA-02149')
      await one.execute(INSERT, [DAY, 'a'])
      await one.rollback()
      await one.execute(drop(DAY))
      await expectRefusal(one, drop(DAY), 'ORA-02149')
      await insert(one, ['1999-12-31', 'old'], [DAY, 'a'], ['2026-01-12', 'b'])
      await one.execute(drop(DAY))
      expect(await count(one)).toBe(2)
      await expectRefusal(one, drop('1999-12-31'), 'ORA-14758')
      await expectRefusal(one, INSERT, 'ORA-14300', ['9999-12-31', 'far'])
      await expectRefusal(one, `UPDATE events SET event_day = ${dayLiteral(DAY)}`, 'ORA-14402')
      await one.execute('CREATE TABLE plain (a NUMBER)')
      await expectRefusal(one, drop(DAY).replace('events', 'plain'), 'ORA-14501')
      await expectRefusal(one, drop(DAY).replace('events', 'nowhere'), 'ORA-00942')
    }),
  )

  it(
    'keeps rows of a read-only partition as they are',
    using(async ({ one }) => {
      await insert(one, [DAY, 'a'], ['2026-01-12', 'b'])
      await one.execute(modify('READ ONLY'))
      await expectRefusal(one, INSERT, 'ORA-14466', [DAY, 'c'])
      await expectRefusal(one, `UPDATE events SET label = 'x'`, 'ORA-14466')
      await expectRefusal(one, 'DELETE FROM events', 'ORA-14466')
      const rows = [
        [DAY, 'c'],
        ['2026-01-12', 'c'],
      ]
      const { batchErrors } = await one.executeMany(INSERT, rows, { ...DEFS, batchErrors: true })
      expect(batchErrors!.map(({ offset, message }) => [offset, message.slice(0, 9)])).toEqual([[0, 'ORA-14466']])
      await one.execute(modify('READ WRITE'))
      await one.execute(INSERT, [DAY, 'd'])
      expect(await count(one)).toBe(4)
    }),
  )

  it(
    'is busy while another transaction has changed rows of it, and no other is',
    using(async ({ one, connect }) => {
      const other = await connect()
      for (const sql of ASIDE) await one.execute(sql)
      await insert(one, [DAY, 'a'], ['2026-01-12', 'b'])
      await other.execute(INSERT, [DAY, 'c'])
      for (const sql of [drop(DAY), modify('READ ONLY'), EXCHANGE]) await expectRefusal(one, sql, BUSY)
      await one.execute(drop('2026-01-12'))
      await other.rollback()
      await other.execute(`INSERT INTO aside (event_day, event_id) VALUES (${dayLiteral(DAY)}, 'x')`)
      for (const sql of [EXCHANGE, 'DROP TABLE aside PURGE']) await expectRefusal(one, sql, BUSY)
      await other.rollback()
      // Whoever reads keeps nothing, not even within a transaction.
      await other.execute(INSERT, ['2026-01-13', 'd'])
      expect([await count(other), await count(other, 'aside')]).toEqual([2, 0])
      await one.execute(EXCHANGE)
      await one.execute('DROP TABLE aside PURGE')
      await other.commit()
      expect(await count(one)).toBe(1)
    }),
  )

  it(
    'changes places with a table that is made like it, rows and all',
    using(async ({ one, again }) => {
      await insert(one, [DAY, 'a'], [DAY, 'b'], ['2026-01-12', 'c'])
      for (const sql of ASIDE) await one.execute(sql)
      await one.execute(EXCHANGE)
      expect([await count(one), await count(one, 'aside')]).toEqual([1, 2])
      await insert(one, [DAY, 'late'])
      // Another pool knows the partitions that were made through this one.
      const pool = await again()
      const other = await pool.getConnection()
      await other.execute(EXCHANGE)
      expect([await count(one), await count(one, 'aside')]).toEqual([3, 1])
      await pool.close(0)
      await expectRefusal(one, EXCHANGE.replace(DAY, '2026-02-01'), 'ORA-02149')
    }),
  )

  it(
    'changes places with no other table',
    using(async ({ one }) => {
      await insert(one, [DAY, 'a'])
      const without = (part: number, ...instead: string[]) => ASIDE.flatMap((sql, i) => (i === part ? instead : [sql]))
      const key = 'event_day DATE NOT NULL, event_id VARCHAR2(26 CHAR) NOT NULL'
      const rest = 'person NUMBER(10), at TIMESTAMP(3), properties CLOB'
      const cases: [string, string[]][] = [
        ['ORA-14098', without(1)],
        ['ORA-14118', without(2)],
        ['ORA-14098', without(3)],
        ['ORA-14130', without(1, 'CREATE UNIQUE INDEX aside_u ON aside (event_day, event_id)')],
        ['ORA-14096', [`CREATE TABLE aside (${key})`]],
        ['ORA-14097', without(0, `CREATE TABLE aside (${key}, label VARCHAR2(6 CHAR), amount BINARY_DOUBLE, ${rest})`)],
        ['ORA-14097', without(0, `CREATE TABLE aside (${key}, label VARCHAR2(5 CHAR), amount NUMBER, ${rest})`)],
        ['STAND_IN', [...ASIDE, `INSERT INTO aside (event_day, event_id) VALUES (${dayLiteral('2026-01-12')}, 'x')`]],
      ]
      for (const [code, statements] of cases) {
        for (const sql of statements) await one.execute(sql)
        await expectRefusal(one, EXCHANGE, code)
        await one.execute('DROP TABLE aside PURGE')
      }
      expect(await count(one)).toBe(1)
    }),
  )
})
