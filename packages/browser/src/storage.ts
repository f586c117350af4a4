/** A place for one small value. It may lose what was written, and never throws. */
export interface ValueStore {
  read(): unknown
  write(value: object): void
  clear(): void
}

/**
 * One key of a web storage. The storage is looked up at each use, for in a sandboxed frame or with cookies blocked even
 * the look throws; a full one throws on writing.
 */
export function webStorage(area: 'localStorage' | 'sessionStorage', key: string): ValueStore {
  const attempt = <Value>(use: (storage: Storage) => Value): Value | undefined => {
    try {
      return use(window[area])
    } catch {
      return undefined
    }
  }
  return {
    read: () => attempt((storage) => JSON.parse(storage.getItem(key) ?? 'null') as unknown),
    write: (value) => attempt((storage) => storage.setItem(key, JSON.stringify(value))),
    clear: () => attempt((storage) => storage.removeItem(key)),
  }
}
