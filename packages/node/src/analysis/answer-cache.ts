import { createHash } from 'node:crypto'
import { canonicalJson, type Json, type Query, type QueryBase } from '@analytics/protocol'

/** Answers of queries, for as long as what they were made from is the same. */
export interface AnswerCache {
  /** An answer that was kept under the key. */
  get(key: string): unknown
  /** Keeps a copy of an answer, which is JSON. */
  set(key: string, answer: unknown): void
}

/** What an answer depends on beside its query. */
export interface AnswerState {
  /** Of the data. */
  version: string
  /** UTC milliseconds. */
  now: number
  /** Whether the answer changes as time goes by. */
  isOpen: boolean
}

/** How long an answer about an interval that is not over is kept. */
const OPEN_MS = 10_000

/** However old an answer gets: what was restored from the archive tier goes again without a change. */
const CLOSED_MS = 600_000

/** The key of an answer, short however long the query is. How long the caller would have waited for it makes no difference. */
export function answerKey(query: Query, { version, now, isOpen }: AnswerState): string {
  const { timeoutMs: _timeoutMs, ...asked } = query as Query & Pick<QueryBase, 'timeoutMs'>
  const hash = createHash('sha256').update(canonicalJson(asked as unknown as Json))
  return `${version} ${Math.floor(now / (isOpen ? OPEN_MS : CLOSED_MS))} ${hash.digest('base64')}`
}

/** Keeps the answers that were used last, up to so many characters of JSON. */
export function answerCache(maxCharacters: number): AnswerCache {
  const texts = new Map<string, string>()
  let size = 0
  const remove = (key: string) => {
    size -= texts.get(key)?.length ?? 0
    texts.delete(key)
  }
  return {
    get(key) {
      const text = texts.get(key)
      if (text === undefined) return undefined
      // The newest is last.
      texts.delete(key)
      texts.set(key, text)
      return JSON.parse(text)
    },
    set(key, answer) {
      const text = JSON.stringify(answer)
      remove(key)
      if (text.length > maxCharacters) return
      texts.set(key, text)
      size += text.length
      for (const oldest of texts.keys()) {
        if (size <= maxCharacters) break
        remove(oldest)
      }
    },
  }
}
