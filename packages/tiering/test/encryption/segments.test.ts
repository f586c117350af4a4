import { randomBytes } from 'node:crypto'
import { dayStart } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { createTiering } from '../../src/create-tiering.js'
import type { EncryptionOptions } from '../../src/encryption/keys.js'
import { parquetFormat } from '../../src/formats/parquet.js'
import { fileObjectStore } from '../../src/stores/file.js'
import { memoryHotTier, sampleEvents } from '../../src/testing/index.js'
import { tempDir } from '../temp-dir.js'
import { DAY, expectSameEvents } from '../world.js'

const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER }
const newKey = () => randomBytes(32).toString('base64')

function createWorld() {
  let time = dayStart(DAY) + 100 * 86_400_000
  const now = () => {
    time += 1000
    return time
  }
  const hot = memoryHotTier({ now })
  const cold = fileObjectStore({ dir: tempDir(), now })
  const format = parquetFormat({ tempDir: tempDir() })
  const open = (encryption?: EncryptionOptions) =>
    createTiering({ hot, cold, format, now, policy: { dropAfter: '90d' }, ...(encryption ? { encryption } : {}) })
  return {
    hot,
    cold,
    format,
    open,
    pass: (ms: number) => {
      time += ms
    },
  }
}

async function readAll(tiering: ReturnType<ReturnType<typeof createWorld>['open']>, where?: object) {
  const view = await tiering.openView(ALL)
  const events = []
  try {
    for (const { day } of view.days)
      for await (const batch of view.readEvents(day, { ...ALL, ...(where ? { where: where as never } : {}) }))
        events.push(...batch)
    return events
  } finally {
    view.release()
  }
}

describe('encrypted segments', () => {
  it('are moved, read whole and in part, compacted, erased from and verified like others', async () => {
    const world = createWorld()
    const [a, b] = [newKey(), newKey()]
    const events = sampleEvents({ day: DAY, count: 20_000, users: 3000 })
    await world.hot.insert(events.slice(0, 15_000))
    // The first is plain: encryption came later.
    await world.open().run()
    await world.hot.insert(events.slice(15_000))
    const tiering = world.open({ keys: { a }, current: 'a' })
    expect((await tiering.run()).failed).toEqual([])
    expectSameEvents(await readAll(tiering), events)
    const where = { property: 'userId', op: 'eq', value: 'user-7' }
    const theirs = events.filter(({ userId }) => userId === 'user-7')
    expectSameEvents(await readAll(tiering, where), theirs)
    expect((await tiering.compact()).failed).toEqual([])
    world.pass(1000)
    const { id } = await tiering.erase.request({ userIds: ['user-7'] })
    world.pass(61_000)
    expect((await tiering.erase.run()).completed).toEqual([id])
    const others = events.filter(({ userId }) => userId !== 'user-7')
    expectSameEvents(await readAll(tiering), others)
    expect(await tiering.verify({ deep: true })).toMatchObject({ ok: true, segments: 1 })

    // Nobody who has only the bucket can tell that it is Parquet.
    for await (const { name } of world.cold.list('events/')) {
      let first: Uint8Array | undefined
      for await (const bytes of world.cold.get(name, { start: 0, end: 4 })) first ??= bytes
      expect(Buffer.from(first!).toString('latin1')).not.toBe('PAR1')
    }

    const rotating = world.open({ keys: { a, b }, current: 'b' })
    expect(await rotating.rotateKeys()).toEqual({ keys: 1, rotated: 1 })
    const after = world.open({ keys: { b }, current: 'b' })
    expectSameEvents(await readAll(after), others)
    await world.format.close()
  })

  it('are given up where they turn out to be damaged, and put under another name', async () => {
    const world = createWorld()
    const events = sampleEvents({ day: DAY, count: 50 })
    await world.hot.insert(events)
    const { get } = world.cold
    let isDamaged = true
    world.cold.get = async function* (name, options) {
      for await (const bytes of get(name, options)) yield isDamaged ? Buffer.from(bytes).fill(1, 10, 20) : bytes
    }
    const tiering = world.open({ keys: { a: newKey() }, current: 'a' })
    for (let i = 0; i < 2; i++) {
      expect((await tiering.run()).failed).toMatchObject([{ code: 'verification_failed' }])
      world.pass(86_400_000)
    }
    isDamaged = false
    expect((await tiering.run()).failed).toEqual([])
    expect((await tiering.explain(DAY)).retiredObjects).toHaveLength(1)
    expectSameEvents(await readAll(tiering), events)
    await world.format.close()
  })

  it('say what is missing where they are opened without keys', async () => {
    const world = createWorld()
    await world.hot.insert(sampleEvents({ day: DAY, count: 10 }))
    await world.open({ keys: { a: newKey() }, current: 'a' }).run()
    const fault = { code: 'invalid_options', field: 'encryption' }
    await expect(world.open().openView(ALL)).rejects.toMatchObject(fault)
    await expect(world.open().run()).rejects.toMatchObject(fault)
    await expect(world.open().rotateKeys()).rejects.toMatchObject(fault)
    await world.format.close()
  })
})
