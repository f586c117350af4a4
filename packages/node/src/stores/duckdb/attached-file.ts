import { existsSync } from 'node:fs'
import { open, realpath, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AnalyticsError } from '@analytics/protocol'
import type { DuckDBConnection } from '@duckdb/node-api'

/** Name of the file among the databases of the instance. */
export const CATALOG = 'analytics'

/**
 * Rows that the file stores and compresses together. What the log brings fills a group again and again until it is full:
 * with small ones inserts wait a sixth as long for it as with DuckDB's 122,880, and fewer rows are read to find a few.
 */
const ROW_GROUP_SIZE = 16_384

/** The database's file as its instance has it attached. */
export interface AttachedFile {
  /**
   * Attaches the file where it isn't: at first, and where that failed after an exchange. Called once at a time.
   * @throws AnalyticsError `store_locked`, `store_unavailable`.
   */
  attach(): Promise<void>
  isAttached(): boolean
  /**
   * Puts another file in place of this one, which must hold the same rows, and attaches it. No connection but the writer may be
   * open. A process that is killed meanwhile leaves one of the two under the name, without a log.
   */
  replaceBy(other: string): Promise<void>
}

/** Not yet attached. The writer uses it, once it is, and it alone may be used meanwhile. */
export function attachedFile(writer: DuckDBConnection, path: string): AttachedFile {
  let isAttached = false

  const attach = async () => {
    if (isAttached) return
    await writer.run('USE memory')
    await writer.run(`DETACH DATABASE IF EXISTS ${CATALOG}`)
    await attachAs(writer, path, CATALOG).catch((cause) => {
      throw unopened(path, cause)
    })
    await writer.run(`USE ${CATALOG}`)
    isAttached = true
  }

  return {
    attach,
    isAttached: () => isAttached,
    async replaceBy(other) {
      await writer.run(`CHECKPOINT ${CATALOG}`)
      // It would be taken for the log of the other file.
      if (existsSync(`${path}.wal`)) throw new Error('the log could not be written into the file')
      // Not the path itself, which may be a link.
      const target = await realpath(path)
      // Before the old file is let go: as long as it is locked, no other process can write to what is about to vanish.
      await rename(other, target)
      // From here on nothing may be written to it either: whoever comes attaches the new one first.
      isAttached = false
      await syncFolder(dirname(target))
      await attach()
    },
  }
}

/** Attaches a file, which is made where there is none. */
export async function attachAs(connection: DuckDBConnection, path: string, name: string): Promise<void> {
  const file = path.replaceAll("'", "''")
  await connection.run(`ATTACH '${file}' AS ${name} (TYPE duckdb, ROW_GROUP_SIZE ${ROW_GROUP_SIZE})`)
}

/** The file that a rewrite fills. Beside the database's own, not beside a link to it: it is renamed. */
export async function rewritePath(path: string): Promise<string> {
  return `${await realpath(path)}.rewrite`
}

/** Removes what a rewrite leaves that was ended. Only for who owns the database's file: it may be under way. */
export async function removeRewrite(path: string): Promise<void> {
  const fresh = await rewritePath(path)
  await rm(fresh, { force: true })
  await rm(`${fresh}.wal`, { force: true })
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function unopened(path: string, cause: unknown): AnalyticsError {
  const message = String((cause as Error)?.message ?? cause)
  if (/could not set lock|conflicting lock|being used by another process/i.test(message)) {
    return new AnalyticsError(
      'store_locked',
      `Another process has ${path} open. A DuckDB file has one owner: stop that process, or use a server database for several.`,
      { cause },
    )
  }
  return new AnalyticsError(
    'store_unavailable',
    `The DuckDB file ${path} could not be opened: ${message.split('\n')[0]}`,
    { cause },
  )
}
