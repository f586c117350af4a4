/**
 * Does the work of each item on one of the connections, as many at once as there are; the items are begun in order. After a
 * failure no other is begun, and what runs is awaited, so that the connections are free when it rejects.
 */
export async function shareOut<Item, Connection>(
  items: Iterable<Item>,
  connections: readonly Connection[],
  work: (item: Item, connection: Connection) => Promise<void>,
): Promise<void> {
  const left = [...items]
  const outcomes = await Promise.allSettled(
    connections.map(async (connection) => {
      try {
        while (left.length > 0) await work(left.shift()!, connection)
      } catch (error) {
        left.length = 0
        throw error
      }
    }),
  )
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}
