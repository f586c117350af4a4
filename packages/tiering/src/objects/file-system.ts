import { open, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Whether an error of the file system is one of these. */
export function hasErrorCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(String((error as { code?: unknown } | null)?.code))
}

/** Makes new names durable: a file that is flushed is still lost with the folder entry that leads to it. */
export async function syncFolders(folder: string, root: string): Promise<void> {
  for (let current = folder; current.length >= root.length; current = dirname(current)) {
    try {
      const handle = await open(current, 'r')
      await handle.sync().finally(() => handle.close())
    } catch (error) {
      // Windows opens no folders; its file system keeps names without being told to.
      if (!hasErrorCode(error, 'EPERM', 'EISDIR', 'EACCES')) throw error
    }
    if (current === dirname(current)) return
  }
}

/** Names of files below the folder that begin with the prefix, in order, without those hidden by a dot. */
export async function* walk(root: string, prefix: string, folder = ''): AsyncGenerator<string> {
  const entries = await entriesOf(join(root, folder))
  // A folder stands for the names in it, which go on with a slash: `a-b` is before `a/b`, `a0` behind it.
  const names = entries.map((entry) => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`)
  for (const name of names.sort()) {
    if (name.slice(folder.length).startsWith('.')) continue
    if (!name.endsWith('/')) {
      if (name.startsWith(prefix)) yield name
    } else if (name.startsWith(prefix) || prefix.startsWith(name)) {
      yield* walk(root, prefix, name)
    }
  }
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}
