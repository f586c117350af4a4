import { dayStart } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { createTiering } from '../../src/create-tiering.js'
import { createThrottle, throttledStore } from '../../src/objects/throttle.js'
import { textBody } from '../../src/operations/transfer.js'
import { memoryObjectStore } from '../../src/stores/memory.js'
import { memoryHotTier } from '../../src/testing/index.js'
import { DAY, eventsOf } from '../world.js'

/** A clock that goes on by what is waited for. */
function clocked(bytesPerSecond: number) {
  let time = 0
  const throttle = createThrottle({
    bytesPerSecond,
    now: () => time,
    wait: async (ms) => {
      time += ms
    },
  })
  const pass = (ms: number) => {
    time += ms
  }
  return { throttle, pass, time: () => time }
}

async function* pieces(count: number, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) yield new Uint8Array(size)
}

async function drain(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0
  for await (const piece of bytes) size += piece.byteLength
  return size
}

describe('a throttle', () => {
  it('lets no more pass in a time than its rate, whoever sends', async () => {
    const { throttle, time } = clocked(1000)
    await Promise.all([
      drain(throttle.pass(pieces(5, 500), undefined)),
      drain(throttle.pass(pieces(5, 500), undefined)),
    ])
    // The last piece needs not be waited for.
    expect(time()).toBeGreaterThanOrEqual(4500)
    expect(time()).toBeLessThanOrEqual(5000)
  })

  it('does not make up for a pause', async () => {
    const { throttle, pass, time } = clocked(1000)
    await drain(throttle.pass(pieces(1, 100), undefined))
    pass(60_000)
    await drain(throttle.pass(pieces(11, 100), undefined))
    expect(time()).toBe(61_000)
  })

  it('slows down what a store sends and fetches, and changes nothing else of it', async () => {
    const { throttle, time } = clocked(10)
    const store = throttledStore(memoryObjectStore(), throttle)
    const body = textBody('0123456789')
    await store.put('a', body)
    await store.put('b', body)
    expect(time()).toBe(1000)
    expect(await drain(store.get('a', { start: 2, end: 5 }))).toBe(3)
    expect(time()).toBe(2000)
    expect((await store.head('a'))?.size).toBe(10)
  })

  it('is asked for with bytesPerSecond', async () => {
    const hot = memoryHotTier()
    await hot.insert(eventsOf(DAY, 20))
    const now = () => dayStart(DAY) + 100 * 86_400_000
    const options = { hot, cold: memoryObjectStore(), policy: { dropAfter: '90d' }, now } as const
    const aborted = createTiering({ ...options, bytesPerSecond: 1 })
    // It would take hours.
    const signal = AbortSignal.timeout(1000)
    await expect(aborted.run({ signal })).rejects.toMatchObject({ code: 'aborted' })
    await aborted.close()
    for (const bytesPerSecond of [0, -1, Number.NaN])
      expect(() => createTiering({ ...options, bytesPerSecond })).toThrow(
        expect.objectContaining({ code: 'invalid_options', field: 'bytesPerSecond' }),
      )
  })
})
