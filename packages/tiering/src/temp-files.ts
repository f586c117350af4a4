import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Names for temporary files in a folder that is made when first needed. */
export interface TempFiles {
  /** A path that no other call is given. */
  path(extension: string): Promise<string>
  /** Deletes the folder with all that is in it. */
  removeAll(): Promise<void>
}

/** Temporary files below `parent`, or below the folder of the system. */
export function createTempFiles(parent: string | undefined): TempFiles {
  let folder: Promise<string> | undefined
  let count = 0
  return {
    async path(extension) {
      folder ??= mkdtemp(join(parent ?? tmpdir(), 'analytics-tiering-'))
      try {
        return join(await folder, `${++count}${extension}`)
      } catch (error) {
        folder = undefined
        throw error
      }
    },
    async removeAll() {
      const made = folder
      folder = undefined
      if (made) await rm(await made, { recursive: true, force: true })
    },
  }
}
