import type { ObjectStore } from '../object-store.js'
import type { Usage, Verb } from './usage.js'

/** The same store, its calls and bytes counted. What is read in place on a local disk is not. */
export function meteredStore(store: ObjectStore, usage: Usage): ObjectStore {
  const counted =
    <Parameters extends unknown[], Result>(verb: Verb, call: (...parameters: Parameters) => Result) =>
    (...parameters: Parameters): Result => {
      usage.request(verb)
      return call(...parameters)
    }

  async function* passing(direction: 'sent' | 'read', bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of bytes) {
      usage.bytes(direction, piece.byteLength)
      yield piece
    }
  }

  return {
    ...store,
    put: counted('put', (name, body, options) =>
      store.put(name, { ...body, open: () => passing('sent', body.open()) }, options),
    ),
    get: counted('get', (name, options) => passing('read', store.get(name, options))),
    head: counted('head', store.head),
    list: counted('list', store.list),
    delete: counted('delete', store.delete),
    archive: counted('archive', store.archive),
    restore: counted('restore', store.restore),
  }
}
