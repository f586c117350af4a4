/**
 * The items of each source, one source after the other; each is begun while the one before it is read, so that what a database
 * does before its first row and what the reader does with the rows go on at the same time. At most two sources are open.
 */
export async function* readAhead<Item>(sources: readonly (() => AsyncIterable<Item>)[]): AsyncGenerator<Item> {
  let next = begin(sources[0])
  try {
    for (let i = 0; next; i++) {
      const { items, first } = next
      next = begin(sources[i + 1])
      try {
        for (let item = await first; !item.done; item = await items.next()) yield item.value
      } finally {
        await items.return?.()
      }
    }
  } finally {
    await next?.items.return?.()
  }
}

function begin<Item>(source: (() => AsyncIterable<Item>) | undefined) {
  if (!source) return undefined
  const items = source()[Symbol.asyncIterator]()
  const first = items.next()
  // Whoever reads it is told; nobody may come to.
  first.catch(() => {})
  return { items, first }
}
