import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { textBody } from '../../src/operations/transfer.js'
import { fileObjectStore } from '../../src/stores/file.js'
import { objectStoreContract } from '../../src/testing/index.js'
import { runContract } from '../run-contract.js'
import { tempDir } from '../temp-dir.js'

const root = tempDir()

describe('fileObjectStore', () => {
  runContract(objectStoreContract, async () => {
    const dir = mkdtempSync(join(root, 'store-'))
    let time = Date.UTC(2026, 7, 1)
    const open = () => fileObjectStore({ dir, now: () => time, restoreDelayMs: 60_000 })
    const advance = async (ms: number) => {
      time += ms
    }
    return { context: { store: open(), reopen: async () => open(), advance } }
  })

  it('leaves no temporary file behind, and shows none that a crash left', async () => {
    const dir = mkdtempSync(join(root, 'store-'))
    const store = fileObjectStore({ dir })
    await store.put('events/a', textBody('bytes'))
    await store.put('events/a', textBody('other'))
    await expect(store.put('events/b', { ...textBody('x'), size: 2 })).rejects.toMatchObject({
      code: 'checksum_mismatch',
    })
    expect(readdirSync(join(dir, '.tmp'))).toEqual([])
    writeFileSync(join(dir, '.tmp', 'left'), 'half')
    const names: string[] = []
    for await (const { name } of store.list('')) names.push(name)
    expect(names).toEqual(['events/a'])
  })

  it('hands out the file itself for reading, unless it is archived', async () => {
    const store = fileObjectStore({ dir: mkdtempSync(join(root, 'store-')) })
    await store.put('events/a', textBody('bytes'))
    expect(readFileSync(await store.localFile!('events/a'), 'utf8')).toBe('bytes')
    await store.archive('events/a')
    await expect(store.localFile!('events/a')).rejects.toMatchObject({ code: 'object_archived' })
  })

  it('is restoring until the delay is over', async () => {
    let time = 0
    const store = fileObjectStore({ dir: mkdtempSync(join(root, 'store-')), now: () => time, restoreDelayMs: 1000 })
    await store.put('a', textBody('bytes'), { tier: 'archive' })
    await store.restore('a', { hours: 1 })
    expect((await store.head('a'))?.archivalState).toBe('restoring')
    time = 1000
    expect(await store.head('a')).toMatchObject({ archivalState: 'restored', readableUntil: 3_601_000 })
  })

  it('says so when a folder is in the way', async () => {
    const dir = mkdtempSync(join(root, 'store-'))
    mkdirSync(join(dir, 'a'))
    const store = fileObjectStore({ dir })
    expect(await store.head('a')).toBeUndefined()
    await store.put('b', textBody('bytes'))
    await expect(store.put('b/c', textBody('bytes'))).rejects.toMatchObject({ code: 'store_unavailable' })
  })

  it('refuses a missing folder name', () => {
    expect(() => fileObjectStore({ dir: '' })).toThrow(
      expect.objectContaining({ code: 'invalid_options', field: 'dir' }),
    )
  })
})
