import type { FileHandle } from 'node:fs/promises'

/** Bytes read at a time. Between the pieces others get their turn: each is searched for every text. */
const PIECE_BYTES = 256 * 1024

/**
 * Which of the texts stand in the file as plain bytes of UTF-8; a compressed text is not found, and the empty one is not looked
 * for. Memory is bounded whatever the file's size. The file stays open.
 */
export async function findTexts(
  file: FileHandle,
  texts: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  const wanted = new Map(texts.filter((text) => text !== '').map((text) => [text, Buffer.from(text)]))
  // What a piece ends with is searched again with the next one: a text may begin in it.
  const overlap = Math.max(0, ...[...wanted.values()].map(({ length }) => length - 1))
  const buffer = Buffer.allocUnsafe(overlap + PIECE_BYTES)
  let kept = 0
  for (let position = 0; wanted.size > 0; ) {
    signal?.throwIfAborted()
    const { bytesRead } = await file.read(buffer, kept, PIECE_BYTES, position)
    if (bytesRead === 0) break
    position += bytesRead
    const searched = buffer.subarray(0, kept + bytesRead)
    for (const [text, bytes] of wanted) {
      if (!searched.includes(bytes)) continue
      found.add(text)
      wanted.delete(text)
    }
    const from = Math.max(0, searched.length - overlap)
    buffer.copy(buffer, 0, from, searched.length)
    kept = searched.length - from
  }
  return found
}
