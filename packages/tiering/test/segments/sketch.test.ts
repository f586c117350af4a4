import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { idHash } from '../../src/segments/id-hash.js'
import { mayHavePerson, sketchBits, sketchPeople } from '../../src/segments/sketch.js'

async function* inBatches(ids: readonly string[]) {
  for (let start = 0; start < ids.length; start += 100) yield BigUint64Array.from(ids.slice(start, start + 100), idHash)
}

describe('a sketch of people', () => {
  it('never leaves anybody out', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.string({ unit: 'binary' }), { maxLength: 300 }), async (ids) => {
        const bits = sketchBits(JSON.parse(JSON.stringify(await sketchPeople(inBatches(ids)))))
        expect(ids.every((id) => mayHavePerson(bits, id))).toBe(true)
      }),
    )
  })

  it('lets few through who are not there, in little room', async () => {
    const ids = Array.from({ length: 20_000 }, (_, i) => `user-${i}`)
    const sketch = await sketchPeople(inBatches(ids))
    expect(sketch.people).toBe(20_000)
    const bits = sketchBits(sketch)
    expect(bits.length).toBe(25_000)
    const others = Array.from({ length: 20_000 }, (_, i) => `visitor-${i}`)
    const through = others.filter((id) => mayHavePerson(bits, id)).length
    expect(through).toBeGreaterThan(20_000 * 0.002)
    expect(through).toBeLessThan(20_000 * 0.02)
  })

  it('of nobody has nobody', async () => {
    expect(mayHavePerson(sketchBits(await sketchPeople(inBatches([]))), 'ann')).toBe(false)
  })
})
