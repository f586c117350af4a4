import { describe, expect, it } from 'vitest'
import { skipsStandIn } from './database.js'
import { DAY, INSERT, selectOne, useStandIn } from './fixture.js'

const COUNT = 'SELECT COUNT(*) FROM events'

describe.skipIf(skipsStandIn())('faults of the Oracle stand-in', () => {
  const using = useStandIn()

  it(
    'loses the connection in a commit, before it took effect or after',
    using(async ({ one, connect, faults }) => {
      const other = await connect()
      await one.execute(INSERT, [DAY, 'a'])
      faults.add({ at: 'commit', error: 'NJS-500' })
      await expect(one.commit()).rejects.toMatchObject({ code: 'NJS-500', isRecoverable: true })
      await expect(one.execute(COUNT)).rejects.toMatchObject({ code: 'NJS-500' })
      await one.close({ drop: true })
      expect(await selectOne(other, COUNT)).toBe(0)

      faults.add({ at: 'commit', error: 'NJS-500', when: 'after' })
      const third = await connect()
      await third.execute(INSERT, [DAY, 'a'])
      await expect(third.commit()).rejects.toMatchObject({ code: 'NJS-500' })
      await third.close()
      expect(await selectOne(other, COUNT)).toBe(1)
    }),
  )

  it(
    'fails statements by their text, so many times, after so many',
    using(async ({ one, faults }) => {
      faults.add({ at: 'execute', error: 'ORA-00060', matching: /^INSERT/, skip: 1, times: 2 })
      await one.execute(INSERT, [DAY, 'a'])
      for (let i = 0; i < 2; i++)
        await expect(one.execute(INSERT, [DAY, 'b'])).rejects.toMatchObject({ errorNum: 60, isRecoverable: false })
      await one.execute(INSERT, [DAY, 'b'])
      expect(await selectOne(one, COUNT)).toBe(2)
      faults.add({ at: 'execute', error: 'NJS-123' })
      await expect(one.execute(COUNT)).rejects.toMatchObject({ code: 'NJS-123' })
      await one.rollback()
      // DDL that took effect although its answer was lost; the driver turns the error into its own.
      faults.add({ at: 'execute', error: 'ORA-03113', matching: /^CREATE TABLE/, when: 'after' })
      const lost = { code: 'NJS-500', errorNum: 3113, isRecoverable: true }
      await expect(one.execute('CREATE TABLE made (a NUMBER)')).rejects.toMatchObject(lost)
    }),
  )

  it(
    'fails while rows are fetched, and on the way to a connection',
    using(async ({ one, connect, faults }) => {
      for (const id of ['a', 'b', 'c']) await one.execute(INSERT, [DAY, id])
      const { resultSet } = await one.execute('SELECT event_id FROM events', [], { resultSet: true, fetchArraySize: 1 })
      expect(await resultSet!.getRows(1)).toHaveLength(1)
      faults.add({ at: 'fetch', error: 'ORA-01555' })
      await expect(resultSet!.getRows(1)).rejects.toMatchObject({ errorNum: 1555 })
      await resultSet!.close()
      faults.add({ at: 'getConnection', error: 'ORA-12516' })
      await expect(connect()).rejects.toMatchObject({ code: 'ORA-12516' })
      faults.add({ at: 'getConnection', error: 'NJS-040' })
      await expect(connect()).rejects.toMatchObject({ code: 'NJS-040' })
      await (await connect()).close()
    }),
  )

  it(
    'keeps requests waiting when all connections are lent, and no longer than it says',
    using(
      async ({ one, connect }) => {
        await expect(connect()).rejects.toMatchObject({ code: 'NJS-040' })
        const waiting = connect()
        await one.close()
        expect(await selectOne(await waiting, COUNT)).toBe(0)
      },
      { poolMax: 1, queueTimeout: 200 },
    ),
  )
})
