import oracledb from 'oracledb'
import { describe, expect, it } from 'vitest'
import { skipsStandIn } from '../support/oracle/database.js'
import {
  asText,
  DAY,
  DEFS,
  dayLiteral,
  expectRefusal,
  INSERT,
  selectOne,
  useStandIn,
} from '../support/oracle/fixture.js'
import type { StandInConnection } from '../support/oracle/pool.js'

const INSTANT = `'YYYY-MM-DD"T"HH24:MI:SS.FF3"Z"'`

describe.skipIf(skipsStandIn())('the Oracle stand-in', () => {
  const using = useStandIn()

  it(
    'is the driver above the wire: its checks, its errors, and no member that has no rule',
    using(async ({ one }) => {
      await expect(one.execute('SELECT :1 FROM DUAL', [])).rejects.toMatchObject({ code: 'NJS-098' })
      await expect(one.execute('SELECT :1, :1 FROM DUAL', ['x'])).rejects.toMatchObject({ code: 'NJS-098' })
      await expect(one.execute('SELECT :a FROM DUAL', { b: 1 })).rejects.toMatchObject({ code: 'NJS-097' })
      expect((await one.execute('SELECT :a || :b || :a AS x FROM DUAL', { b: '-', a: 'x' })).rows).toEqual([['x-x']])
      await expect(one.execute('SELECT :1 FROM DUAL', [Number.NaN])).rejects.toMatchObject({ code: 'NJS-105' })
      await expect(one.close(undefined as never)).rejects.toMatchObject({ code: 'NJS-005' })
      expect(() => (one as oracledb.Connection).ping).toThrow('ping of a connection is not part of it')
      expect(one.oracleServerVersion).toBe(1_900_000_000)
      const error: unknown = await one.execute('SELECT 1 FROM nowhere').catch((thrown) => thrown)
      expect(error).toMatchObject({ errorNum: 942, code: 'ORA-00942', isRecoverable: false, offset: 0 })
      expect(String(error)).toContain('https://docs.oracle.com/error-help/db/ora-00942/')
      await one.close()
      await expect(one.commit()).rejects.toMatchObject({ code: 'NJS-003' })
    }),
  )

  it(
    'has no empty text: it is NULL in a bind, a literal, a column and a result',
    using(async ({ one }) => {
      await one.execute(`INSERT INTO events (event_day, event_id, label) VALUES (${dayLiteral(DAY)}, 'a', :1)`, [''])
      expect(await selectOne(one, 'SELECT COUNT(*) FROM events WHERE label IS NULL')).toBe(1)
      expect(await selectOne(one, `SELECT COUNT(*) FROM events WHERE label = ''`)).toBe(0)
      expect(await selectOne(one, `SELECT COUNT(*) FROM events WHERE '' IS NULL AND SUBSTR('abc', 4) IS NULL`)).toBe(1)
      expect(await selectOne(one, `SELECT 'a' || NULL || 'b' FROM DUAL`)).toBe('ab')
      expect(await selectOne(one, `SELECT SUBSTR('abcd', -3, 2) || INSTR('abc', 'c') || LENGTH('äö') FROM DUAL`)).toBe(
        'bc32',
      )
      expect(
        await selectOne(one, `SELECT COUNT(*) FROM DUAL WHERE 'a\\_b' LIKE 'a\\_b' AND 'a_b' NOT LIKE 'a\\_b'`),
      ).toBe(1)
      const long = ['x'.repeat(2001)]
      await expectRefusal(one, 'SELECT :1 || :2 FROM DUAL', 'ORA-01489', [...long, ...long])
    }),
  )

  it(
    'holds columns to their types',
    using(async ({ one }) => {
      const insert = (column: string, bind: unknown) =>
        one.execute(`INSERT INTO events (event_day, event_id, ${column}) VALUES (${dayLiteral(DAY)}, 'a', :1)`, [
          bind as string,
        ])
      await expect(insert('label', '123456')).rejects.toMatchObject({ code: 'ORA-12899' })
      await expect(insert('label', 'abcde ')).rejects.toMatchObject({ code: 'ORA-12899' })
      await expect(insert('person', 1e10)).rejects.toMatchObject({ code: 'ORA-01438' })
      await expect(insert('person', Number.POSITIVE_INFINITY)).rejects.toMatchObject({ code: 'ORA-01426' })
      await expect(insert('properties', '{')).rejects.toMatchObject({ code: 'ORA-02290' })
      await expect(insert('properties', '1')).rejects.toMatchObject({ code: 'ORA-02290' })
      await expect(insert('at', new Date())).rejects.toThrow('instants and days are bound as texts')
      await insert('properties', JSON.stringify({ long: 'x'.repeat(20_000) }))
      await expectRefusal(one, `UPDATE events SET event_id = NULL`, 'ORA-01400')
      await expectRefusal(one, `SELECT 1 FROM events WHERE properties = 'x'`, 'ORA-00932')
      await expectRefusal(one, 'SELECT DISTINCT properties FROM events', 'ORA-00932')
      await expectRefusal(one, 'SELECT 1 FROM events WHERE event_id = :1', 'ORA-00932', ['x'.repeat(4001)])
      await expectRefusal(one, 'SELECT 1 FROM events WHERE event_id = :1', 'STAND_IN', ['x'.repeat(40_000)])
      await expectRefusal(one, 'SELECT 1 / 0 FROM DUAL', 'ORA-01476')
      expect(await selectOne(one, 'SELECT COUNT(*) / 2 FROM events')).toBe(0.5)
    }),
  )

  it(
    'keeps instants and days out of every zone',
    using(async ({ one }) => {
      // No such time in New York, the zone of these sessions.
      const instant = '2026-03-08T02:30:00.123Z'
      await one.execute(
        `INSERT INTO events (event_day, event_id, at) VALUES (${dayLiteral(DAY)}, 'a', TO_TIMESTAMP(:1, ${INSTANT}))`,
        [instant],
      )
      const since = `(at - TIMESTAMP '1970-01-01 00:00:00')`
      const ms = `EXTRACT(DAY FROM ${since}) * 86400000 + EXTRACT(HOUR FROM ${since}) * 3600000 + EXTRACT(MINUTE FROM ${since}) * 60000 + ROUND(EXTRACT(SECOND FROM ${since}) * 1000)`
      expect(await selectOne(one, `SELECT ${ms} FROM events`)).toBe(Date.parse(instant))
      expect(await selectOne(one, `SELECT TO_CHAR(event_day, 'YYYY-MM-DD') FROM events`)).toBe(DAY)
      const now = Number(
        await selectOne(one, `SELECT ${ms.replaceAll('at -', 'SYS_EXTRACT_UTC(SYSTIMESTAMP) -')} FROM DUAL`),
      )
      expect(Math.abs(now - Date.now())).toBeLessThan(10_000)
      await expectRefusal(one, 'SELECT at FROM events', 'STAND_IN')
      await expectRefusal(one, 'SELECT event_day FROM events', 'STAND_IN')
      await expectRefusal(one, 'SELECT SYSTIMESTAMP FROM DUAL', 'STAND_IN')
      await expectRefusal(one, `SELECT 1 FROM events WHERE event_day > TO_DATE(:1, 'YYYY-MM-DD')`, 'ORA-01861', [
        '2026-1-1',
      ])
      await expectRefusal(one, `SELECT 1 FROM events WHERE event_day > TO_DATE(:1, 'YYYY-MM-DD')`, 'ORA-01843', [
        '2026-13-01',
      ])
      await expectRefusal(one, `SELECT 1 FROM events WHERE event_day > TO_DATE(:1, 'DD.MM.YYYY')`, 'STAND_IN', [
        '1.1.2026',
      ])
    }),
  )

  it(
    'hands a CLOB out as a LOB, unless it is fetched as text',
    using(async ({ one }) => {
      await one.execute(
        `INSERT INTO events (event_day, event_id, properties) VALUES (${dayLiteral(DAY)}, 'a', '{"a": 1}')`,
      )
      const rows = async (options: oracledb.ExecuteOptions) =>
        ((await one.execute('SELECT properties FROM events', [], options)).rows as unknown[][])[0]![0]
      const lob = (await rows({})) as oracledb.Lob
      expect(lob.constructor.name).toBe('Lob')
      expect(await lob.getData()).toBe('{"a": 1}')
      expect(await rows(asText)).toBe('{"a": 1}')
      const late = (await rows({})) as oracledb.Lob
      await one.close()
      await expect(late.getData()).rejects.toMatchObject({ code: 'NJS-003' })
    }),
  )

  it(
    'reads JSON laxly: object steps and item methods go through arrays, type() does not',
    using(async ({ one }) => {
      const document = {
        a: { b: 'x' },
        l: [{ b: 'y' }],
        m: [{ b: 1 }, { b: 2 }],
        s: ['z'],
        n: 1.5,
        t: true,
        u: null,
        e: '',
        'k"': 7,
      }
      const at = (call: string) => selectOne(one, `SELECT JSON_VALUE(properties, ${call}) FROM events`)
      await one.execute(`INSERT INTO events (event_day, event_id, properties) VALUES (${dayLiteral(DAY)}, 'a', :1)`, [
        JSON.stringify(document),
      ])
      const expected: [string, unknown][] = [
        [`'$."a"."b".type()'`, 'string'],
        [`'$."l".type()'`, 'array'],
        [`'$."u".type()'`, 'null'],
        [`'$."t".type()'`, 'boolean'],
        [`'$."none".type()'`, null],
        [`'$."a"."b"'`, 'x'],
        [`'$."l"."b"'`, 'y'],
        [`'$."m"."b"'`, null],
        [`'$."a"'`, null],
        [`'$."s".stringOnly()' RETURNING VARCHAR2(4000) NULL ON ERROR NULL ON EMPTY`, 'z'],
        [`'$."n".stringOnly()' RETURNING VARCHAR2(4000) NULL ON ERROR`, null],
        [`'$."n".numberOnly()' RETURNING NUMBER NULL ON ERROR`, 1.5],
        [`'$."t".booleanOnly()' RETURNING VARCHAR2(5) NULL ON ERROR`, 'true'],
        [`'$."t".booleanOnly()' RETURNING VARCHAR2(3) NULL ON ERROR`, null],
        [`'$."t"' RETURNING NUMBER NULL ON ERROR`, null],
        [`'$."a"."\\u0062"' RETURNING CLOB NULL ON ERROR`, 'x'],
        [`'$."e"'`, null],
        [`'$."k\\u0022"' RETURNING NUMBER`, 7],
      ]
      for (const [call, found] of expected) expect({ call, found: await at(call) }).toEqual({ call, found })
      await expectRefusal(one, `SELECT JSON_VALUE(properties, :1) FROM events`, 'STAND_IN', ['$.a'])
      await expectRefusal(one, `SELECT JSON_VALUE(properties, '$.a') FROM events`, 'STAND_IN')
      await expectRefusal(one, `SELECT JSON_VALUE(properties, '$."a"[0]') FROM events`, 'STAND_IN')
    }),
  )

  it(
    'aggregates to JSON, orders by bytes, and walks a WITH that refers to itself',
    using(async ({ one }) => {
      for (const [id, label] of [
        ['1', 'b'],
        ['2', 'a'],
        ['3', 'B'],
        ['4', null],
      ])
        await one.execute(`INSERT INTO events (event_day, event_id, label) VALUES (${dayLiteral(DAY)}, :1, :2)`, [
          id,
          label,
        ] as string[])
      expect(await selectOne(one, 'SELECT JSON_ARRAYAGG(label ORDER BY label RETURNING CLOB) FROM events')).toBe(
        '["B", "a", "b"]',
      )
      expect(
        JSON.parse(
          String(await selectOne(one, 'SELECT JSON_OBJECTAGG(KEY event_id VALUE label RETURNING CLOB) FROM events')),
        ),
      ).toEqual({ 1: 'b', 2: 'a', 3: 'B', 4: null })
      expect(
        await selectOne(
          one,
          `SELECT label FROM events ORDER BY NLSSORT(label, 'NLS_SORT=BINARY') FETCH FIRST 1 ROWS ONLY`,
        ),
      ).toBe('B')
      const counted =
        'WITH counted (n) AS (SELECT 1 FROM DUAL UNION ALL SELECT n + 1 FROM counted WHERE n < 5) SELECT SUM(n) FROM counted'
      expect(await selectOne(one, counted)).toBe(15)
      await one.execute('CREATE SEQUENCE numbers MINVALUE 0 START WITH 0 CACHE 100')
      expect((await one.execute('SELECT numbers.NEXTVAL FROM DUAL CONNECT BY LEVEL <= 3')).rows).toEqual([
        [0],
        [1],
        [2],
      ])
      await expectRefusal(one, 'SELECT DISTINCT numbers.NEXTVAL FROM events', 'ORA-02287')
    }),
  )

  it(
    'refuses what Oracle refuses',
    using(async ({ one }) => {
      const many = Array.from({ length: 1001 }, (_, i) => i)
      const statements: [string, string][] = [
        [`SELECT 1 FROM events WHERE person IN (${many.join(', ')})`, 'ORA-01795'],
        ['SELECT 1 FROM events LIMIT 1', 'ORA-00933'],
        ['SELECT 1 FROM events e1 JOIN events AS e2 ON e1.event_id = e2.event_id', 'ORA-00933'],
        ['SELECT 1 FROM (SELECT 1 AS one FROM DUAL) AS t', 'ORA-00933'],
        ['SELECT 1 FROM events;', 'ORA-00933'],
        ['SELECT *, 1 FROM events', 'ORA-00923'],
        ['WITH x AS (SELECT 1 AS n FROM DUAL UNION ALL SELECT n + 1 FROM x WHERE n < 5) SELECT n FROM x', 'ORA-32039'],
        ['SELECT 1', 'ORA-00923'],
        ['SELECT (SELECT 1) FROM DUAL', 'ORA-00923'],
        ['SELECT event_id = label FROM events', 'ORA-00923'],
        ['SELECT event_id AS comment FROM events', 'ORA-00923'],
        ['SELECT 1 FROM events WHERE true', 'ORA-00904'],
        ['SELECT 1 FROM events WHERE nothing = 1', 'ORA-00904'],
        ['SELECT label AS x, COUNT(*) FROM events GROUP BY x', 'ORA-00904'],
        ['SELECT label, COUNT(*) FROM events GROUP BY 1', 'ORA-00979'],
        ['SELECT label, COUNT(*) FROM events GROUP BY event_id', 'ORA-00979'],
        [`SELECT 1 FROM events WHERE label ~ 'a'`, 'ORA-00911'],
        ['SELECT label FROM events FETCH FIRST 1 ROWS ONLY FOR UPDATE', 'ORA-02014'],
        [`INSERT INTO events (event_id) VALUES ('a'), ('b')`, 'ORA-00933'],
        [`WITH x AS (SELECT 1 FROM DUAL) INSERT INTO events (event_id) SELECT 'a' FROM x`, 'ORA-00928'],
        ['CREATE TABLE events (a DATE)', 'ORA-00955'],
        ['CREATE TABLE t (a DATE, INDEX i (a))', 'ORA-00904'],
        ['CREATE TABLE t (level NUMBER)', 'ORA-00904'],
        ['CREATE TABLE t (a NUMBER, CONSTRAINT events_pk PRIMARY KEY (a))', 'ORA-02264'],
        ['CREATE TABLE t (a VARCHAR2(4001 CHAR))', 'ORA-00910'],
        ['CREATE INDEX i ON events (label) LOCAL', 'ORA-01408'],
        ['CREATE UNIQUE INDEX i ON events (event_id) LOCAL', 'ORA-14039'],
        ['CREATE INDEX i ON events (person) LOCAL COMPRESS 2', 'ORA-25194'],
        ['CREATE SEQUENCE s START WITH 0', 'ORA-04006'],
        ['ALTER TABLE events ADD label CLOB', 'ORA-01430'],
        ['ALTER TABLE events ADD CONSTRAINT x PRIMARY KEY (event_day) USING INDEX LOCAL', 'ORA-02260'],
        ['DROP TABLE nowhere PURGE', 'ORA-00942'],
        [`ALTER TABLE events DROP PARTITION FOR (TO_DATE(:1, 'YYYY-MM-DD'))`, 'ORA-01027'],
      ]
      for (const [sql, code] of statements) await expectRefusal(one, sql, code)
    }),
  )

  it(
    'fails where it has no rule',
    using(async ({ one }) => {
      const statements = [
        'MERGE INTO events e USING events f ON (1 = 1) WHEN MATCHED THEN UPDATE SET label = NULL',
        'BEGIN NULL; END;',
        'SELECT LISTAGG(label) FROM events',
        'SELECT "LABEL" FROM events',
        'TRUNCATE TABLE events',
        `CREATE TABLE t (id VARCHAR2(26 CHAR) DEFAULT SYS_GUID())`,
        'CREATE TABLE t (a VARCHAR2(10))',
        'CREATE TABLE t (a JSON)',
        'CREATE INDEX i ON events (person)',
        `INSERT INTO events (event_id) VALUES ('a') RETURNING event_id INTO :1`,
      ]
      for (const sql of statements) await expectRefusal(one, sql, 'STAND_IN', sql.includes(':1') ? ['x'] : [])
    }),
  )

  it(
    'speaks for 23ai, too: documents of a type of their own, and truth as a value',
    using(
      async ({ one }) => {
        await one.execute(
          'CREATE TABLE documents (id NUMBER(10) NOT NULL, document JSON, CONSTRAINT documents_pk PRIMARY KEY (id))',
        )
        await one.execute('INSERT INTO documents (id, document) VALUES (1, :1)', ['{"a": [1]}'])
        await expectRefusal(one, 'INSERT INTO documents (id, document) VALUES (2, :1)', 'ORA-40441', ['{'])
        await expectRefusal(one, 'INSERT INTO documents (id, document) VALUES (2, :1)', 'ORA-00932', [
          JSON.stringify('x'.repeat(5000)),
        ])
        expect((await one.execute('SELECT document, id = 1 AS is_one FROM documents')).rows).toEqual([
          [{ a: [1] }, true],
        ])
        expect(await selectOne(one, `SELECT JSON_QUERY(document, '$' RETURNING CLOB) FROM documents`)).toBe(
          '{"a": [1]}',
        )
        expect(one.oracleServerVersion).toBeGreaterThan(2_300_000_000)
      },
      { version: '23ai' },
    ),
  )

  it(
    'keeps a transaction after a statement that failed; closing rolls back, DDL commits',
    using(async ({ one, connect }) => {
      const other = await connect()
      const count = (connection: StandInConnection) => selectOne(connection, 'SELECT COUNT(*) FROM events')
      await one.execute(INSERT, [DAY, 'a'])
      await expect(one.execute(INSERT, [DAY, 'a'])).rejects.toMatchObject({ errorNum: 1 })
      expect([await count(one), await count(other)]).toEqual([1, 0])
      await one.commit()
      await other.execute(INSERT, [DAY, 'b'])
      await other.close()
      expect(await count(one)).toBe(1)
      await one.execute(INSERT, [DAY, 'c'])
      await expectRefusal(one, 'CREATE TABLE events (a NUMBER)', 'ORA-00955')
      await one.rollback()
      expect(await count(one)).toBe(2)
      await one.execute(INSERT, [DAY, 'd'], { autoCommit: true })
      await one.rollback()
      expect(await count(one)).toBe(3)
    }),
  )

  it(
    'inserts what it can and reports the rest, as thin mode does',
    using(async ({ one }) => {
      const rows = [
        [DAY, 'a'],
        [DAY, 'b'],
        [DAY, 'a'],
        ['x', 'c'],
      ]
      const { batchErrors, rowsAffected, dmlRowCounts } = await one.executeMany(INSERT, rows, {
        ...DEFS,
        batchErrors: true,
        autoCommit: true,
        dmlRowCounts: true,
      })
      expect(batchErrors!.map(({ offset, message }) => [offset, message.slice(0, 9)])).toEqual([
        [2, 'ORA-00001'],
        [3, 'ORA-01861'],
      ])
      // The driver's thin mode reports no number beside the message.
      expect(batchErrors![0]!.errorNum).toBeUndefined()
      expect([rowsAffected, dmlRowCounts]).toEqual([2, [1, 1, 0, 0]])
      await one.rollback()
      expect(await selectOne(one, 'SELECT COUNT(*) FROM events')).toBe(0)
      const fine = await one.executeMany(INSERT, [[DAY, 'a']], { ...DEFS, batchErrors: true, autoCommit: true })
      expect(fine.batchErrors).toBeUndefined()
      await one.rollback()
      expect(await selectOne(one, 'SELECT COUNT(*) FROM events')).toBe(1)
      await expect(
        one.executeMany(
          INSERT,
          [
            [DAY, 'b'],
            [DAY, 'a'],
          ],
          DEFS,
        ),
      ).rejects.toMatchObject({ errorNum: 1 })
      expect(await selectOne(one, 'SELECT COUNT(*) FROM events')).toBe(2)
      await expect(one.executeMany(INSERT, [[DAY, 'x'.repeat(27)]], DEFS)).rejects.toMatchObject({ code: 'NJS-058' })
      await expect(one.executeMany(INSERT, [[DAY, 'z']], {})).rejects.toThrow('without bindDefs')
      await expect(
        one.executeMany('SELECT :1 FROM DUAL', [['x']], { bindDefs: [{ type: oracledb.STRING, maxSize: 1 }] }),
      ).rejects.toMatchObject({ code: 'NJS-157' })
    }),
  )

  it(
    'lets an insert wait for another of the same key',
    using(async ({ one, connect }) => {
      const other = await connect()
      await one.execute(INSERT, [DAY, 'a'])
      let isOver = false
      const waiting = other.executeMany(INSERT, [[DAY, 'a']], { ...DEFS, batchErrors: true }).finally(() => {
        isOver = true
      })
      await new Promise((resolve) => setTimeout(resolve, 200))
      expect(isOver).toBe(false)
      await one.commit()
      expect((await waiting).batchErrors).toHaveLength(1)
    }),
  )

  it(
    'finds a deadlock, cuts a call short, and breaks one off',
    using(async ({ one, connect }) => {
      const other = await connect()
      await one.executeMany(
        INSERT,
        [
          [DAY, 'a'],
          [DAY, 'b'],
        ],
        DEFS,
      )
      await one.commit()
      const lock = (connection: StandInConnection, id: string) =>
        connection.execute('SELECT event_id FROM events WHERE event_id = :1 FOR UPDATE', [id])
      await lock(one, 'a')
      await lock(other, 'b')
      // Only the statement is rolled back: whoever fails must let go for the other to go on.
      const contend = (connection: StandInConnection, id: string) =>
        lock(connection, id).finally(() => connection.rollback())
      const both = await Promise.allSettled([contend(one, 'b'), contend(other, 'a')])
      expect(both.filter(({ status }) => status === 'rejected')).toMatchObject([{ reason: { errorNum: 60 } }])
      await lock(one, 'a')
      other.callTimeout = 100
      await expect(lock(other, 'a')).rejects.toMatchObject({ code: 'NJS-123' })
      other.callTimeout = 0
      const broken = lock(other, 'a')
      const outcome = expect(broken).rejects.toMatchObject({ code: 'ORA-01013' })
      await new Promise((resolve) => setTimeout(resolve, 100))
      await other.break()
      await outcome
    }),
  )
})
