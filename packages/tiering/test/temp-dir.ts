import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A folder that is gone after the tests of the file. */
export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tiering-test-'))
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}
