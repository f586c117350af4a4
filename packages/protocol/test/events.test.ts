import { defineEvents, durationMs, ERROR_CODES, type EventsOf, type JsonObject } from '@analytics/protocol'
import { withFaults } from '@analytics/protocol/testing'
import { describe, expect, expectTypeOf, it } from 'vitest'

const schema = {
  '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value: value as { plan: string } }) },
} as const

describe('defineEvents', () => {
  it('keeps the definitions and knows the properties of each', () => {
    const events = defineEvents({
      signup: {
        schema: schema as typeof schema & {
          '~standard': { types?: { input: { plan: string }; output: { plan: string } } }
        },
      },
      plain: {},
    })
    expect(Object.keys(events)).toEqual(['signup', 'plain'])
    expectTypeOf<EventsOf<typeof events>['plain']>().toEqualTypeOf<JsonObject | undefined>()
  })

  it('refuses versions without a way to them', () => {
    expect(() => defineEvents({ signup: { version: 2 } })).toThrow('version 1 has no upcast')
    expect(() => defineEvents({ signup: { version: 0.5 } })).toThrow('positive integer')
  })
})

describe('durationMs', () => {
  it.each([
    ['30s', 30_000],
    ['1.5h', 5_400_000],
    ['14d', 1_209_600_000],
    ['0d', undefined],
    ['-1d', undefined],
    ['1y', undefined],
    ['1 d', undefined],
    ['999999999999999w', undefined],
  ])('reads %s', (text, expected) => {
    expect(durationMs(text)).toBe(expected)
  })
})

describe('ERROR_CODES', () => {
  it('has a status and advice for each', () => {
    for (const [code, { httpStatus, advice }] of Object.entries(ERROR_CODES)) {
      // What was asked for is on its way: the one that is no failure.
      if (code === 'restoring') expect(httpStatus).toBe(202)
      else expect(httpStatus, code).toBeGreaterThanOrEqual(400)
      expect(advice, code).toMatch(/\.$/)
    }
  })
})

describe('withFaults', () => {
  it('fails before or after the effect, in nested ports and streams too', async () => {
    const done: string[] = []
    const port = {
      name: 'port',
      async write(value: string) {
        done.push(value)
        return value
      },
      records: {
        async put(value: string) {
          done.push(value)
        },
      },
      async *read() {
        yield 1
        yield 2
      },
    }
    const calls: string[] = []
    const faulty = withFaults(
      port,
      (operation, phase) => {
        calls.push(`${phase} ${operation}`)
        if (calls.at(-1) === 'before write' || calls.at(-1) === 'after records.put') throw new Error('fault')
      },
      ['read'],
    )
    await expect(faulty.write('lost')).rejects.toThrow('fault')
    await expect(faulty.records.put('kept')).rejects.toThrow('fault')
    const items: number[] = []
    for await (const item of faulty.read()) items.push(item)
    expect([done, items, faulty.name]).toEqual([['kept'], [1, 2], 'port'])
    expect(calls).toEqual(['before write', 'before records.put', 'after records.put', 'before read', 'after read'])
  })
})
