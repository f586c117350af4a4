import { existsSync } from 'node:fs'
import { chmod, type FileHandle, open, stat } from 'node:fs/promises'
import { AnalyticsError, errorCode } from '@analytics/protocol'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { FileRewrite } from '../../store.js'
import { type AttachedFile, attachAs, CATALOG, removeRewrite, rewritePath } from './attached-file.js'
import { findTexts } from './find-texts.js'
import type { Lending } from './lending.js'

/** What is asked of a rewrite. */
export interface RewriteOptions {
  /** What is looked for in the file before and after. */
  texts: readonly string[]
  signal?: AbortSignal | undefined
}

/** Rewrites of one file. */
export interface Rewriter {
  /**
   * Writes what the database holds into a new file, and puts it in place of the old one. Searches the old file at once, does
   * the rest within `alone`. @throws AnalyticsError `overloaded`, `store_unavailable`, `store_locked`.
   */
  rewrite(options: RewriteOptions): Promise<FileRewrite>
  /** Called when the database has let its file go. */
  close(): Promise<void>
}

/** Name of the new file among the databases of the instance. */
const FRESH = 'fresh'

/** Prepares rewrites of the file at a path. */
export function rewriter({
  path,
  writer,
  file,
  lending,
  waitMs,
  alone,
}: {
  path: string
  writer: DuckDBConnection
  file: AttachedFile
  lending: Pick<Lending, 'whenIdle'>
  /** How long it is waited for reads. */
  waitMs: number
  /** Does the work while nothing is written. */
  alone: <Result>(work: () => Promise<Result>) => Promise<Result>
}): Rewriter {
  /**
   * The database's file, opened to be searched. It stays open for as long as DuckDB has it: when a process closes any handle of
   * a file, its lock on that file is gone, and another process could open the database.
   */
  let searched: FileHandle | undefined
  const close = async () => {
    const handle = searched
    searched = undefined
    await handle?.close()
  }

  /** The old file and its log, as they lie there: a checkpoint already writes over some of what was deleted. */
  const searchOld = async ({ texts, signal }: RewriteOptions) => {
    searched ??= await open(path, 'r')
    const log = await open(`${path}.wal`, 'r').catch(() => undefined)
    try {
      const inFile = await findTexts(searched, texts, signal)
      const inLog = log ? await findTexts(log, texts, signal) : []
      const bytes = (await searched.stat()).size + ((await log?.stat())?.size ?? 0)
      return { found: new Set([...inFile, ...inLog]).size, bytes }
    } finally {
      await log?.close()
    }
  }

  const exchange = async (fresh: string, { texts, signal }: RewriteOptions) => {
    await copyTo(writer, fresh, (await stat(path)).mode, signal)
    const found = await searchNew(fresh, texts, signal)
    await lending.whenIdle(() => file.replaceBy(fresh), { waitMs, signal })
    return found
  }

  const rewrite = async (options: RewriteOptions): Promise<FileRewrite> => {
    const before = await searchOld(options)
    return alone(async () => {
      options.signal?.throwIfAborted()
      await file.attach()
      await removeRewrite(path)
      try {
        const after = await exchange(await rewritePath(path), options)
        await close()
        return {
          foundBefore: before.found,
          foundAfter: after.found,
          bytesBefore: before.bytes,
          bytesAfter: after.bytes,
        }
      } catch (cause) {
        // Whether the old file is still there: where the new one could not be opened, another process may own it by now.
        if (file.isAttached()) {
          await writer.run(`DETACH DATABASE IF EXISTS ${FRESH}`).catch(() => {})
          await removeRewrite(path).catch(() => {})
        } else await close()
        options.signal?.throwIfAborted()
        if (errorCode(cause)) throw cause
        const message = String((cause as Error)?.message ?? cause).split('\n')[0]
        throw new AnalyticsError('store_unavailable', `The DuckDB file ${path} could not be rewritten: ${message}`, {
          cause,
        })
      }
    })
  }

  /** One at a time: the next searches what the one before has made. */
  let last: Promise<unknown> = Promise.resolve()
  return {
    close,
    rewrite(options) {
      const result = last.then(() => rewrite(options))
      last = result.catch(() => {})
      return result
    },
  }
}

/** Copies the database into a new file, complete and without a log when it resolves. Reads go on meanwhile. */
async function copyTo(
  writer: DuckDBConnection,
  fresh: string,
  mode: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const interrupt = () => writer.interrupt()
  await attachAs(writer, fresh, FRESH)
  // While it is empty: whoever may not read the old file may not read this one.
  await chmod(fresh, mode)
  signal?.addEventListener('abort', interrupt, { once: true })
  try {
    signal?.throwIfAborted()
    await writer.run(`COPY FROM DATABASE ${CATALOG} TO ${FRESH}`)
  } finally {
    signal?.removeEventListener('abort', interrupt)
  }
  await writer.run(`CHECKPOINT ${FRESH}`)
  await writer.run(`DETACH ${FRESH}`)
  if (existsSync(`${fresh}.wal`)) throw new Error('the log could not be written into the new file')
}

/** Searches the new file, and makes sure that it lies on the disk. */
async function searchNew(fresh: string, texts: readonly string[], signal: AbortSignal | undefined) {
  const handle = await open(fresh, 'r+')
  try {
    await handle.sync()
    return { found: (await findTexts(handle, texts, signal)).size, bytes: (await handle.stat()).size }
  } finally {
    await handle.close()
  }
}
