import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Beside the benchmarks and not in the system's folder, which may lie in memory: commits have to reach a disk. */
const DATA = fileURLToPath(new URL('../.data/', import.meta.url))

/** Lends an empty folder that is removed in the end. */
export async function withFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  mkdirSync(DATA, { recursive: true })
  const folder = mkdtempSync(join(DATA, 'run-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
