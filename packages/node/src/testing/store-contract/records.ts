import assert from 'node:assert/strict'
import type { RecordKind, RecordStore } from '@analytics/protocol'
import { compareText } from '@analytics/protocol/filter'
import type { ContractCase } from '@analytics/protocol/testing'
import { brokenAuditLink } from '../../records/audit.js'
import { given, type StoreContext } from './support.js'

const KINDS: readonly RecordKind[] = ['meta', 'tier', 'lease', 'audit', 'rollup', 'job', 'suppression']

/** Adds 1 to a counter by compare-and-set until nobody was faster. */
async function increment(records: RecordStore, key: string): Promise<void> {
  for (;;) {
    const current = await records.get<{ n: number }>('job', key)
    if (await records.put('job', key, { n: (current?.value.n ?? 0) + 1 }, current?.version ?? 0)) return
  }
}

/** Writes records, some at a time. */
async function putAll(records: RecordStore, keys: readonly string[]): Promise<void> {
  for (let i = 0; i < keys.length; i += 50)
    await Promise.all(keys.slice(i, i + 50).map((key, at) => records.put('rollup', key, { n: i + at }, 0)))
}

/** Small rows that are changed by compare-and-set, and the audit chain that is made of them. */
export const recordCases: ContractCase<StoreContext>[] = [
  {
    name: 'changes records by compare-and-set',
    async run({ store: { records } }) {
      assert.equal(await records.put('tier', '2026-01-01', { tierName: 'cold', n: 1 }, 0), 1)
      assert.equal(await records.put('tier', '2026-01-01', { n: 2 }, 0), undefined)
      assert.equal(await records.put('tier', '2026-01-01', { n: 2 }, 1), 2)
      assert.equal(await records.put('tier', '2026-01-01', { n: 3 }, 1), undefined)
      assert.equal(await records.put('tier', 'none', { n: 3 }, 1), undefined)
      assert.deepEqual(await records.get('tier', '2026-01-01'), { key: '2026-01-01', version: 2, value: { n: 2 } })
      await records.put('tier', '2026-01-02', {}, 0)
      await records.put('tier', '2025-12-31', {}, 0)
      const keys = async (options: Parameters<typeof records.list>[1]) =>
        (await records.list('tier', options)).map(({ key }) => key)
      assert.deepEqual(await keys({}), ['2025-12-31', '2026-01-01', '2026-01-02'])
      assert.deepEqual(await keys({ prefix: '2026', after: '2026-01-01' }), ['2026-01-02'])
      assert.deepEqual(await keys({ limit: 1 }), ['2025-12-31'])
      assert.deepEqual(await keys({ limit: 0 }), [])
      assert.equal(await records.delete('tier', '2026-01-01', 1), false)
      assert.equal(await records.delete('tier', '2026-01-01', 2), true)
      assert.equal(await records.delete('tier', '2026-01-01', 2), false)
      assert.equal(await records.get('tier', '2026-01-01'), undefined)
      assert.equal(await records.put('tier', '2026-01-01', { n: 9 }, 0), 1, 'a deleted record begins anew')
    },
  },
  {
    name: 'keeps records of each kind apart, whatever JSON they hold',
    async run({ store: { records } }) {
      const values = [
        null,
        0,
        'text',
        '',
        true,
        [],
        [1, null, 'x'],
        {},
        { deep: { list: [{ a: '"' }] } },
        'it\'s "so" 😀',
      ]
      for (const kind of KINDS) {
        for (const [i, value] of values.entries()) await records.put(kind, `value ${i}`, { kind, value }, 0)
        for (const [i, value] of values.entries())
          assert.deepEqual((await records.get(kind, `value ${i}`))?.value, { kind, value })
        const listed = await records.list(kind, { prefix: 'value ' })
        assert.equal(listed.length, values.length)
      }
      for (const [i, value] of values.entries()) {
        await records.put('job', `bare ${i}`, value, 0)
        assert.deepEqual((await records.get('job', `bare ${i}`))?.value, value)
      }
    },
  },
  {
    name: 'takes fields that it has columns for of any type and length',
    async run({ store: { records } }) {
      const long = `${'x'.repeat(499)}😀${'y'.repeat(5000)}`
      const odd = [
        { tierName: long, recordsCount: 2 ** 40, createdAt: Date.UTC(2026, 0, 15, 12, 0, 0, 123) },
        { tierName: null, recordsCount: null, createdAt: null },
        { tierName: 5, recordsCount: 'many', createdAt: '2026-01-15' },
        { tierName: '', recordsCount: -1, createdAt: 0 },
        { recordsCount: 0.5, sizeBytes: Number.MAX_VALUE, lastAccessed: -1.5 },
        { tierName: { nested: true }, recordsCount: [1] },
      ]
      for (const [i, value] of odd.entries()) {
        assert.equal(await records.put('tier', `odd ${i}`, value, 0), 1)
        assert.equal(await records.put('tier', `odd ${i}`, value, 1), 2)
        assert.deepEqual((await records.get('tier', `odd ${i}`))?.value, value)
      }
    },
  },
  {
    name: 'takes bodies of a megabyte',
    async run({ store: { records } }) {
      const value = { text: '漢😀"\\'.repeat(200_000) }
      await records.put('tier', 'large', value, 0)
      assert.deepEqual((await records.get('tier', 'large'))?.value, value)
      const larger = { ...value, list: Array.from({ length: 10_000 }, (_, i) => `entry ${i}`) }
      assert.equal(await records.put('tier', 'large', larger, 1), 2)
      assert.deepEqual((await records.list('tier'))[0]?.value, larger)
    },
  },
  {
    name: 'lists keys of any text in order of code points, by prefix',
    async run({ store: { records } }) {
      const keys = [
        'a',
        'B',
        'Z',
        'a/b',
        'a b',
        'a-b',
        'ä',
        'é',
        'e\u0301',
        '%',
        '_',
        "'",
        '\\',
        '10',
        '9',
        '\uffff',
        'aa',
      ]
      keys.push('😀', '😀/a', '😀/😀', '\u{10ffff}', 'x'.repeat(400), '漢'.repeat(300), 'a%', 'a%b', 'a_b', 'A')
      for (const key of keys) assert.equal(await records.put('meta', key, { key }, 0), 1)
      const mine = (listed: readonly { key: string }[]) =>
        listed.map(({ key }) => key).filter((key) => keys.includes(key))
      const sorted = [...keys].sort(compareText)
      assert.deepEqual(mine(await records.list('meta')), sorted)
      for (const prefix of ['a', 'a%', 'a_', '😀', '😀/', 'e', 'é', '漢', '\\', '']) {
        const expected = sorted.filter((key) => key.startsWith(prefix))
        assert.deepEqual(mine(await records.list('meta', { prefix })), expected, prefix)
      }
      for (const after of ['a', 'a%', 'é', '\uffff', '😀', '']) {
        const expected = sorted.filter((key) => compareText(key, after) > 0)
        assert.deepEqual(mine(await records.list('meta', { after })), expected, after)
      }
    },
  },
  {
    name: 'lists more than a thousand records page by page',
    async run({ store: { records } }) {
      const keys = Array.from(
        { length: 1040 },
        (_, i) => `${i % 2 === 0 ? 'even' : 'odd'}/${String(i).padStart(5, '0')}`,
      )
      await putAll(records, keys)
      const sorted = [...keys].sort(compareText)
      const first = (await records.list('rollup')).map(({ key }) => key)
      assert.deepEqual(first, sorted.slice(0, 1000))
      const rest = (await records.list('rollup', { after: first.at(-1)! })).map(({ key }) => key)
      assert.deepEqual(rest, sorted.slice(1000))
      const odd = sorted.filter((key) => key.startsWith('odd/'))
      const pages: string[] = []
      for (let after: string | undefined; ; after = pages.at(-1)) {
        const page = await records.list('rollup', { prefix: 'odd/', limit: 130, ...(after ? { after } : {}) })
        pages.push(...page.map(({ key }) => key))
        if (page.length < 130) break
      }
      assert.deepEqual(pages, odd)
      assert.equal((await records.list('rollup', { limit: 5000 })).length, 1040)
    },
  },
  {
    name: 'lets one of many contenders win a record',
    async run({ store: { records } }) {
      const tries = await Promise.all(Array.from({ length: 8 }, (_, i) => records.put('meta', 'contended', { i }, 0)))
      assert.equal(tries.filter((version) => version !== undefined).length, 1)
      const deletes = await Promise.all(Array.from({ length: 8 }, () => records.delete('meta', 'contended', 1)))
      assert.equal(deletes.filter(Boolean).length, 1)
    },
  },
  {
    name: 'loses no change of contenders who try again',
    async run({ store: { records } }) {
      const rounds = Array.from({ length: 8 }, async () => {
        for (let i = 0; i < 6; i++) await increment(records, 'counter')
      })
      await Promise.all(rounds)
      assert.deepEqual(await records.get('job', 'counter'), { key: 'counter', version: 48, value: { n: 48 } })
    },
  },
  {
    name: 'loses no change of contenders in two stores over the same data',
    requires: 'shared',
    async run({ store, another }) {
      const stores = [store, await given(another, 'another')()]
      const rounds = Array.from({ length: 8 }, async (_, who) => {
        for (let i = 0; i < 6; i++) await increment(stores[who % 2]!.records, 'counter')
      })
      await Promise.all(rounds)
      for (const { records } of stores) assert.equal((await records.get<{ n: number }>('job', 'counter'))?.value.n, 48)
    },
  },
  {
    name: 'keeps an audit chain that verifies',
    async run({ store }) {
      await store.audit({ action: 'move', target: '2026-01-01', details: { rows: 3 } })
      await Promise.all([
        store.audit({ action: 'move', target: '2026-01-02' }),
        store.audit({ action: 'move', target: '2026-01-03' }),
      ])
      assert.equal((await store.records.list('audit')).length, 3)
      assert.equal(await brokenAuditLink(store.records), undefined)
      const second = (await store.records.list<{ target: string }>('audit'))[1]!
      await store.records.put('audit', second.key, { ...second.value, target: 'forged' }, second.version)
      assert.equal(await brokenAuditLink(store.records), 2)
    },
  },
  {
    name: 'keeps one audit chain, however many append to it',
    async run({ store, another }) {
      const stores = [store, another ? await another() : store]
      await Promise.all(Array.from({ length: 12 }, (_, i) => stores[i % 2]!.audit({ action: 'try', target: `${i}` })))
      const links = await store.records.list<{ target: string }>('audit')
      assert.deepEqual(
        links.map(({ value }) => Number(value.target)).sort((a, b) => a - b),
        [...links.keys()],
      )
      assert.equal(links.length, 12)
      assert.equal(await brokenAuditLink(store.records), undefined)
    },
  },
]
