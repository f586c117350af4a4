import { describe, expect, it } from 'vitest'
import { createItem, Queue } from '../src/queue.js'

const item = (text: string) => createItem(text)

describe('Queue', () => {
  it('counts bytes as they are sent, not characters', () => {
    expect(createItem('"ü€"').bytes).toBe(7)
  })

  it('takes no more than a batch holds, but one event in any case', () => {
    const queue = new Queue()
    for (const text of ['aaaa', 'bbbb', 'cccc']) queue.add(item(text))
    expect(queue.take(10, 9).map(({ text }) => text)).toEqual(['aaaa', 'bbbb'])
    expect(queue.take(10, 1).map(({ text }) => text)).toEqual(['cccc'])
    expect(queue.bytes).toBe(0)
  })

  it('puts events back in front', () => {
    const queue = new Queue()
    for (const text of ['a', 'b', 'c']) queue.add(item(text))
    queue.putBack(queue.take(2, 100))
    expect(queue.items.map(({ text }) => text)).toEqual(['a', 'b', 'c'])
  })

  it('drops the oldest beyond 1,000 events or 1 MiB, and says how many', () => {
    const byCount = new Queue()
    const dropped = Array.from({ length: 1005 }, (_, n) => byCount.add(item(String(n)))).reduce((sum, n) => sum + n)
    expect([dropped, byCount.size, byCount.items[0]?.text]).toEqual([5, 1000, '5'])
    const byBytes = new Queue()
    for (let n = 0; n < 40; n++) byBytes.add(item('x'.repeat(32 * 1024)))
    expect(byBytes.bytes).toBeLessThanOrEqual(1024 * 1024)
    expect(byBytes.size).toBe(32)
  })
})
