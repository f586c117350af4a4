import { type Analytics, type CohortDefinition, createAnalytics, type HotStore } from '@analytics/node'
import { duckdbStore } from '@analytics/node/duckdb'
import { memoryStore } from '@analytics/node/memory'
import { type AuditEntry, eachRecord } from '@analytics/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silent } from '../support/server.js'

const BUYERS = { performed: { event: 'buy' } } as const
const nobody: CohortDefinition = { people: [] }

describe.each([
  ['memory', () => memoryStore()],
  ['DuckDB', () => duckdbStore({ path: ':memory:' })],
])('stored cohorts, in %s', (_name, open: () => HotStore) => {
  let store: HotStore
  let analytics: Analytics
  beforeEach(async () => {
    store = open()
    analytics = await createAnalytics({ store, jobs: false, logger: silent, now: () => Date.UTC(2026, 5) })
    const events = ['anna', 'ben', 'cem'].map((userId) => ({ userId, eventType: userId === 'cem' ? 'view' : 'buy' }))
    await analytics.import(events.map((event) => ({ ...event, timestamp: '2026-01-10T12:00:00Z' })))
  })
  afterEach(() => analytics.close())

  const sizeOf = async (cohort: string) => {
    const { result, meta } = await analytics.query({ kind: 'cohort', range, cohort })
    return { size: result.size, definitions: meta.definitions }
  }
  const range = { from: '2026-01-10', to: '2026-01-11' }
  const stored = async () => {
    const values: unknown[] = []
    for await (const { value } of eachRecord(store.records, 'definition')) values.push(value)
    return JSON.stringify(values)
  }
  const audited = async () => (await store.records.list<AuditEntry>('audit')).map(({ value }) => value)

  it('are what queries ask by their name, each change at once, and each version stays to be read', async () => {
    await analytics.cohorts.define({ name: 'buyers', ...BUYERS })
    await analytics.cohorts.define({ name: 'others', not: { cohort: 'buyers' } })
    const definitions = [
      { kind: 'cohort', name: 'others', version: 1 },
      { kind: 'cohort', name: 'buyers', version: 1 },
    ]
    expect(await sizeOf('others')).toEqual({ size: 1, definitions })
    expect(await sizeOf('others')).toEqual({ size: 1, definitions })
    await analytics.cohorts.define({ name: 'buyers', people: ['anna'] })
    expect(await sizeOf('others')).toMatchObject({ size: 2, definitions: [{ version: 1 }, { version: 2 }] })
    expect((await analytics.cohorts.get('buyers', 1)).definition).toEqual(BUYERS)
  })

  it('are audited under their name, without the people that they name', async () => {
    await analytics.cohorts.define({ name: 'vip', people: ['anna'] })
    await analytics.cohorts.delete('vip')
    expect(await audited()).toMatchObject([
      { action: 'cohort.define', target: 'vip', details: { version: 1 } },
      { action: 'cohort.delete', target: 'vip', details: { version: 2 } },
    ])
    expect(JSON.stringify(await audited())).not.toContain('anna')
  })

  it.each<[string, unknown, string]>([
    ['a name that is none', { name: 'my cohort', ...BUYERS }, 'name'],
    ['no name', BUYERS, 'name'],
    ['no definition', { name: 'c' }, ''],
    ['two definitions in one', { name: 'c', ...BUYERS, people: [] }, ''],
    ['a form that is none', { name: 'c', preformed: { event: 'buy' } }, ''],
    ['events of no type', { name: 'c', performed: {} }, 'performed.event'],
    ['a part that is wrong', { name: 'c', and: [nobody, { firstTime: { event: 'a' } }] }, 'and[1].firstTime.within'],
    ['a part of what there is not', { name: 'c', or: [nobody, { cohort: 'gone' }] }, 'cohort'],
    ['itself as its part', { name: 'c', not: { cohort: 'c' } }, 'cohort'],
    ['a prototype', JSON.parse('{ "name": "c", "__proto__": { "people": [] } }'), ''],
  ])('refuse %s', async (_case, definition, field) => {
    await expect(analytics.cohorts.define(definition as never)).rejects.toMatchObject({ code: 'invalid_query', field })
    expect([await analytics.cohorts.list(), await audited()]).toEqual([[], []])
  })

  it('refuse a change by which they would go in a circle', async () => {
    await analytics.cohorts.define({ name: 'a', ...BUYERS })
    await analytics.cohorts.define({ name: 'b', not: { cohort: 'a' } })
    await analytics.cohorts.define({ name: 'c', and: [{ cohort: 'b' }, BUYERS] })
    const circle = analytics.cohorts.define({ name: 'a', or: [{ cohort: 'c' }] })
    await expect(circle).rejects.toMatchObject({ code: 'invalid_query', field: 'cohort' })
    expect((await analytics.cohorts.get('a')).version).toBe(1)
  })

  it('are refused with more than 8 in a row, and with more than 100 parts in all', async () => {
    await analytics.cohorts.define({ name: 'c1', ...BUYERS })
    for (let i = 2; i <= 8; i++) await analytics.cohorts.define({ name: `c${i}`, cohort: `c${i - 1}` })
    expect((await sizeOf('c8')).size).toBe(2)
    const refusal = { code: 'invalid_query', field: 'cohort' }
    await expect(analytics.cohorts.define({ name: 'c9', cohort: 'c8' })).rejects.toMatchObject(refusal)
    const parts = (length: number) => Array.from({ length }, () => nobody)
    await analytics.cohorts.define({ name: 'wide', or: parts(98) })
    await analytics.cohorts.define({ name: 'wider', cohort: 'wide' })
    await expect(analytics.cohorts.define({ name: 'more', or: [{ cohort: 'wide' }] })).rejects.toMatchObject(refusal)
  })

  it('stay while others are made of them, which a refusal names', async () => {
    await analytics.cohorts.define({ name: 'a', ...BUYERS })
    await analytics.cohorts.define({ name: 'b', and: [BUYERS, { not: { cohort: 'a' } }] })
    await expect(analytics.cohorts.delete('a')).rejects.toMatchObject({
      code: 'invalid_query',
      field: 'name',
      message: expect.stringContaining('b'),
      details: { usedBy: ['b'] },
    })
    await analytics.cohorts.delete('b')
    await analytics.cohorts.delete('a')
    await expect(sizeOf('a')).rejects.toMatchObject({ code: 'invalid_query', field: 'cohort' })
    await expect(analytics.cohorts.delete('a')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('forget people who are erased, in every version, deleted ones too, wherever their lists are', async () => {
    const lists = { or: [{ people: ['anna', 'ben'] }, { and: [{ not: { people: ['anna'] } }, BUYERS] }] } as const
    await analytics.cohorts.define({ name: 'now', people: ['anna'] })
    await analytics.cohorts.define({ name: 'now', ...lists })
    await analytics.cohorts.define({ name: 'gone', people: ['cem', 'anna'] })
    await analytics.cohorts.delete('gone')
    expect((await stored()).match(/anna/g)).toHaveLength(4)
    await analytics.privacy.erase({ userId: 'anna' })
    expect(await stored()).not.toContain('anna')
    expect(await analytics.cohorts.get('now', 1)).toMatchObject({ version: 1, definition: { people: [] } })
    expect(await analytics.cohorts.get('now')).toMatchObject({
      version: 2,
      definition: { or: [{ people: ['ben'] }, { and: [{ not: { people: [] } }, BUYERS] }] },
    })
    expect((await analytics.cohorts.get('gone', 1)).definition).toEqual({ people: ['cem'] })
    expect((await sizeOf('now')).size).toBe(1)
  })

  it('take no people of whom nothing more is stored', async () => {
    await analytics.privacy.suppress({ userId: 'anna' })
    await analytics.cohorts.define({ name: 'list', not: { people: ['ben', 'anna'] } })
    expect((await analytics.cohorts.get('list')).definition).toEqual({ not: { people: ['ben'] } })
    expect(await stored()).not.toContain('anna')
  })

  it('give no numbers to people whom nobody knows', async () => {
    await analytics.cohorts.define({ name: 'list', people: ['anna', 'stranger', 'anna'] })
    const { count } = await store.people()
    expect((await sizeOf('list')).size).toBe(1)
    expect((await store.people()).count).toBe(count)
  })
})
