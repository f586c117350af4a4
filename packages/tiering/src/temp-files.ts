import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
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
      folder ??= makeTempFolder(parent, 'analytics-tiering')
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

/**
 * Makes a folder for temporary files below `parent`, or below the folder of the system. Folders of that name which processes
 * of this machine left behind when they were killed go first: they hold events.
 */
export async function makeTempFolder(parent: string | undefined, name: string): Promise<string> {
  const folder = parent ?? tmpdir()
  const prefix = `${name}-${hostname().replace(/[^A-Za-z0-9]/g, '')}-`
  await removeAbandoned(folder, prefix)
  return mkdtemp(join(folder, `${prefix}${process.pid}-`))
}

async function removeAbandoned(folder: string, prefix: string): Promise<void> {
  const entries = await readdir(folder).catch(() => [])
  for (const entry of entries.filter((one) => one.startsWith(prefix))) {
    const [pid] = entry.slice(prefix.length).split('-')
    // What can't be removed belongs to another user; it is not ours to clear.
    if (!isRunning(Number(pid))) await rm(join(folder, entry), { recursive: true, force: true }).catch(() => {})
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
