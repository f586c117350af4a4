import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { duckdbStore } from '@analytics/node/duckdb'
import { sampleEvents, storeContract } from '@analytics/node/testing'
import { describe, expect, it } from 'vitest'
import { runContract } from '../support/contract.js'
import { duckdbKind, openDuckDb } from '../support/stores.js'

runContract('duckdbStore', storeContract, duckdbKind)

describe('duckdbStore', () => {
  it('refuses options that would reach SQL unchecked', () => {
    expect(() => duckdbStore({ path: 'x', prefix: 'a; DROP' })).toThrow(
      expect.objectContaining({ code: 'invalid_options' }),
    )
    expect(() => duckdbStore({ path: '' })).toThrow(expect.objectContaining({ code: 'invalid_options' }))
  })

  it('says what to do when the schema is not there and must not be made', async () => {
    const store = duckdbStore({ path: ':memory:' })
    await expect(store.setup('check')).rejects.toMatchObject({ code: 'schema_mismatch' })
    await store.close()
  })

  it('ends the leases of a process that is gone when it opens the file, and goes on counting their epochs', async () => {
    const { context, reopen, close } = await openDuckDb()
    expect(await context.store.acquireLease('work', { owner: 'gone', ttlMs: 60_000 })).toMatchObject({ epoch: 1 })
    const reopened = await reopen()
    expect(await reopened.acquireLease('work', { owner: 'new', ttlMs: 60_000 })).toMatchObject({ epoch: 2 })
    await close()
  })

  it('tells a second process that the file is taken and what to do', async () => {
    const { context, close, folder } = await openDuckDb()
    await context.store.listDays()
    const script = `
      import { duckdbStore } from './src/stores/duckdb.ts'
      await duckdbStore({ path: process.argv[1] }).setup('auto').then(() => console.log('opened'), (error) => console.log(error.code, error.message))`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', script, join(folder, 'data', 'events.duckdb')],
      { cwd: fileURLToPath(new URL('../..', import.meta.url)) },
    )
    expect(stdout).toMatch(/^store_locked Another process has .* open\. .* stop that process/)
    await close()
  })

  it('sets up twice without change', async () => {
    const store = duckdbStore({ path: ':memory:' })
    await store.setup('auto')
    await store.insertEvents(sampleEvents({ count: 10 }))
    await store.setup('auto')
    await store.setup('check')
    expect((await store.listDays()).reduce((sum, { rows }) => sum + rows, 0)).toBe(10)
    await store.close()
    await expect(store.listDays()).rejects.toMatchObject({ code: 'closed' })
  })
})
