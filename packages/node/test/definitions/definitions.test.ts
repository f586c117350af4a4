import { memoryStore } from '@analytics/node/memory'
import { AnalyticsError, type AuditEntry, type RecordStore } from '@analytics/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DefinitionStore, definitionsOf } from '../../src/definitions/definitions.js'
import { brokenAuditLink } from '../../src/records/audit.js'
import { describeStore } from '../support/contract.js'
import { duckdbKind, memoryKind, postgresKind } from '../support/stores.js'

interface Colour {
  red: number
  note?: string
}

function parse(value: unknown): Colour {
  const { red, note } = value as Partial<Colour>
  if (typeof red !== 'number') throw new AnalyticsError('invalid_query', 'red: is no number.', { field: 'red' })
  return { red, note } as Colour
}

function open(records: RecordStore = memoryStore().records, audited: AuditEntry[] = []): DefinitionStore<Colour> {
  let time = 100
  const audit = async (entry: AuditEntry) => void audited.push(entry)
  return definitionsOf({ kind: 'metric', records, audit, parse, namesIn: () => [], now: () => time++ })
}

describe('definitions', () => {
  it('count their versions from 1, and keep each of them', async () => {
    const definitions = open()
    expect(await definitions.define({ name: 'a', red: 1 })).toEqual({
      name: 'a',
      version: 1,
      at: 100,
      definition: { red: 1 },
    })
    expect((await definitions.define({ name: 'a', red: 2 })).version).toBe(2)
    expect((await definitions.get('a')).definition).toEqual({ red: 2 })
    expect((await definitions.get('a', 1)).definition).toEqual({ red: 1 })
  })

  it('are not changed by a definition that says the same, in whatever order its fields come', async () => {
    const audited: AuditEntry[] = []
    const definitions = open(undefined, audited)
    await definitions.define({ name: 'a', red: 1, note: 'x' })
    expect((await definitions.define({ note: 'x', red: 1, name: 'a' })).version).toBe(1)
    expect(audited).toHaveLength(1)
  })

  it('are listed by name as they are now, without those that were deleted', async () => {
    const definitions = open()
    for (const name of ['b', 'a_', 'a', 'gone']) await definitions.define({ name, red: 1 })
    await definitions.define({ name: 'b', red: 2 })
    await definitions.delete('gone')
    expect((await definitions.list()).map(({ name, version }) => [name, version])).toEqual([
      ['a', 1],
      ['a_', 1],
      ['b', 2],
    ])
  })

  it('have no meaning once deleted, but versions that stay readable, and go on behind them when they are defined again', async () => {
    const definitions = open()
    await definitions.define({ name: 'a', red: 1 })
    await definitions.delete('a')
    await expect(definitions.get('a')).rejects.toMatchObject({ code: 'not_found', field: 'name' })
    await expect(definitions.delete('a')).rejects.toMatchObject({ code: 'not_found' })
    expect(await definitions.find('a')).toBeUndefined()
    expect((await definitions.get('a', 1)).definition).toEqual({ red: 1 })
    await expect(definitions.get('a', 2)).rejects.toMatchObject({ code: 'not_found' })
    expect((await definitions.define({ name: 'a', red: 1 })).version).toBe(3)
  })

  it('of one name are none of another that begins with it', async () => {
    const definitions = open()
    await definitions.define({ name: 'ab', red: 1 })
    await expect(definitions.get('a')).rejects.toMatchObject({ code: 'not_found' })
    expect((await definitions.define({ name: 'a', red: 2 })).version).toBe(1)
  })

  it.each(['', '1a', 'a-b', 'a/b', 'a b', 'ä', 'a'.repeat(101), 7 as never])('refuse the name %j', async (name) => {
    const definitions = open()
    await expect(definitions.define({ name, red: 1 })).rejects.toMatchObject({ code: 'invalid_query', field: 'name' })
    await expect(definitions.get(name)).rejects.toMatchObject({ code: 'invalid_query', field: 'name' })
    await expect(definitions.delete(name)).rejects.toMatchObject({ code: 'invalid_query', field: 'name' })
    expect(await definitions.find(name)).toBeUndefined()
  })

  it('store nothing of what is wrong', async () => {
    const audited: AuditEntry[] = []
    const definitions = open(undefined, audited)
    await expect(definitions.define({ name: 'a', red: 'x' as never })).rejects.toMatchObject({ field: 'red' })
    expect([await definitions.list(), audited]).toEqual([[], []])
  })

  it('may be called what objects have by themselves', async () => {
    const definitions = open()
    for (const name of ['__proto__', 'constructor', 'toString']) {
      await expect(definitions.get(name)).rejects.toMatchObject({ code: 'not_found' })
      expect((await definitions.define({ name, red: 1 })).version).toBe(1)
    }
    expect((await definitions.list()).map(({ name }) => name)).toEqual(['__proto__', 'constructor', 'toString'])
  })

  it('are audited before they change, each change with its version', async () => {
    const audited: AuditEntry[] = []
    const definitions = open(undefined, audited)
    await definitions.define({ name: 'a', red: 1 })
    await definitions.delete('a')
    expect(audited).toEqual([
      { action: 'metric.define', target: 'a', details: { version: 1 } },
      { action: 'metric.delete', target: 'a', details: { version: 2 } },
    ])
    const refusing = definitionsOf({
      kind: 'metric',
      records: memoryStore().records,
      audit: () => Promise.reject(new Error('no audit')),
      parse,
      namesIn: () => [],
      now: () => 0,
    })
    await expect(refusing.define({ name: 'a', red: 1 })).rejects.toThrow('no audit')
    expect(await refusing.find('a')).toBeUndefined()
  })

  it('are what a map of lists would be, whatever is done in whatever order', async () => {
    const name = fc.constantFrom('a', 'b', 'ab')
    const step = fc.oneof(fc.record({ name, red: fc.integer({ min: 1, max: 2 }) }), fc.record({ name }))
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const definitions = open()
        const model = new Map<string, (number | null)[]>()
        for (const one of steps) {
          const versions = model.get(one.name) ?? []
          const last = versions.at(-1) ?? null
          if ('red' in one) {
            await definitions.define(one)
            if (last !== one.red) versions.push(one.red)
          } else if (last === null) await expect(definitions.delete(one.name)).rejects.toThrow('There is no')
          else {
            await definitions.delete(one.name)
            versions.push(null)
          }
          model.set(one.name, versions)
        }
        const expected = [...model].flatMap(([key, versions]) => {
          const red = versions.at(-1) ?? null
          return red === null ? [] : [[key, versions.length, red]]
        })
        const listed = await definitions.list()
        expect(listed.map((one) => [one.name, one.version, one.definition.red])).toEqual(expected.sort())
      }),
      { seed: 7, numRuns: 50 },
    )
  })
})

for (const kind of [memoryKind, duckdbKind, postgresKind({ timezone: 'Asia/Kolkata' })]) {
  describeStore(kind, () => {
    it('gives each of many who define a name at once a version of its own, and audits them all', async () => {
      const { context, close } = await kind.open()
      try {
        const { records } = context.store
        const others = await Promise.all(Array.from({ length: 3 }, () => context.another?.() ?? context.store))
        const processes = [context.store, ...others].map((store) =>
          definitionsOf({
            kind: 'metric',
            records: store.records,
            audit: (entry) => store.audit(entry),
            parse,
            namesIn: () => [],
            now: () => 1,
          }),
        )
        const defined = await Promise.all(processes.map((one, red) => one.define({ name: 'a', red })))
        expect(defined.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4])
        for (const { version, definition } of defined)
          expect((await processes[0]!.get('a', version)).definition).toEqual(definition)
        const audited = await records.list<AuditEntry>('audit')
        const versions = audited.map(({ value }) => value.details?.version)
        for (const version of [1, 2, 3, 4]) expect(versions).toContain(version)
        expect(await brokenAuditLink(records)).toBeUndefined()
      } finally {
        await close()
      }
    })
  })
}
