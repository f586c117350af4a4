import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeTempFolder } from '../src/temp-files.js'
import { tempDir } from './temp-dir.js'

const here = hostname().replace(/[^A-Za-z0-9]/g, '')

describe('makeTempFolder', () => {
  it('clears what killed processes of this machine left, and nothing else', async () => {
    const parent = tempDir()
    const { pid: ended } = spawnSync(process.execPath, ['-e', ''])
    const names = [
      `work-${here}-${ended}-abandoned`,
      `work-${here}-${process.pid}-inuse`,
      `work-otherhost-${ended}-theirs`,
      `work-${here}-notanumber`,
      `else-${here}-${ended}-other`,
    ]
    for (const name of names) mkdirSync(join(parent, name))
    const made = await makeTempFolder(parent, 'work')
    expect(existsSync(made)).toBe(true)
    const left = await readdir(parent)
    expect(names.filter((name) => !left.includes(name))).toEqual([names[0]])
  })
})
