import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, it } from 'vitest'
import { parquetFormat } from '../../src/formats/parquet.js'
import { fileObjectStore } from '../../src/stores/file.js'
import { tempDir } from '../temp-dir.js'
import { createWorld, DAY, eventsOf, NEXT_DAY } from '../world.js'

describe('what lies in the object store', () => {
  it('is read by DuckDB alone, days from the names of folders, late events included', async () => {
    const dir = tempDir()
    const format = parquetFormat({ tempDir: tempDir() })
    const world = createWorld(format, fileObjectStore({ dir }))
    const [first, next, late] = [eventsOf(DAY, 300), eventsOf(NEXT_DAY, 200), eventsOf(DAY, 20, 7)]
    await world.hot.insert([...first, ...next])
    await world.open().run()
    await world.hot.insert(late)
    await world.open().run()
    await format.close()

    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    const read = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson()
    const events = `read_parquet('${join(dir, 'events/*/*.parquet')}', hive_partitioning = true)`
    expect(await read(`SELECT dt::VARCHAR, count(*)::INTEGER FROM ${events} GROUP BY dt ORDER BY dt`)).toEqual([
      [DAY, 320],
      [NEXT_DAY, 200],
    ])
    const ids = await read(`SELECT event_id FROM ${events} ORDER BY event_id`)
    expect(ids.flat()).toEqual([...first, ...next, ...late].map(({ eventId }) => eventId).sort())
    const [one] = first
    expect(
      await read(
        `SELECT event_type, epoch_ms(event_timestamp)::VARCHAR, person_id, properties FROM ${events} WHERE event_id = '${one!.eventId}'`,
      ),
    ).toEqual([
      [
        one!.eventType,
        String(one!.eventTimestamp),
        one!.userId ?? one!.anonymousId,
        one!.properties && JSON.stringify(one!.properties),
      ],
    ])
    connection.closeSync()
    instance.closeSync()
  })
})
