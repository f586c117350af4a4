import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { AnalyticsError, eachRecord, type RecordStore, removeRecord } from '@analytics/protocol'

/** How segments are encrypted before they leave the process. */
export interface EncryptionOptions {
  /** Keys by a name of yours, each 32 random bytes in base64; old ones stay until `rotateKeys` has wrapped all anew. */
  keys: Readonly<Record<string, string>>
  /** The name of the key that wraps those of new segments. */
  current: string
}

/** What is kept of an object's own key, as a record of kind `meta`. */
interface WrappedKey {
  /** The name of the key that wraps it. */
  by: string
  /** Nonce, ciphertext and tag of AES-256-GCM, base64; the object's name is authenticated with it. */
  wrapped: string
}

/** The keys of objects, each wrapped, beside the catalog. */
export interface ObjectKeys {
  /** The object's key, made where it has none. */
  make(objectName: string): Promise<Buffer>
  /** Undefined for an object that was put without one. @throws AnalyticsError `invalid_options` where its wrapping key is not given. */
  find(objectName: string): Promise<Buffer | undefined>
  /** From here on nobody can read the object, wherever a copy of it lies. */
  destroy(objectName: string): Promise<void>
  /** Wraps anew what another key than the current one wraps; no object is touched. */
  rotate(): Promise<{ keys: number; rotated: number }>
}

const PREFIX = 'object-key/'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** @throws AnalyticsError `invalid_options` */
export function checkedKeys({ keys, current }: EncryptionOptions): ReadonlyMap<string, Buffer> {
  const read = new Map<string, Buffer>()
  for (const [name, text] of Object.entries(keys ?? {})) {
    const key = Buffer.from(String(text), 'base64')
    if (key.byteLength !== KEY_BYTES) throw invalid('encryption.keys', `${name} is not 32 bytes in base64.`)
    read.set(name, key)
  }
  if (!read.has(current))
    throw invalid('encryption.current', `There is no key ${String(current)} among encryption.keys.`)
  return read
}

/** Keys of objects in these records. */
export function objectKeys(records: RecordStore, options: EncryptionOptions): ObjectKeys {
  const keys = checkedKeys(options)
  const { current } = options
  /** Unwrapped, by object. */
  const known = new Map<string, Buffer>()

  const wrap = (objectName: string, key: Buffer): WrappedKey => {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', keys.get(current)!, nonce).setAAD(Buffer.from(objectName))
    const parts = [nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]
    return { by: current, wrapped: Buffer.concat(parts).toString('base64') }
  }

  const unwrap = (objectName: string, { by, wrapped }: WrappedKey): Buffer => {
    const wrapping = keys.get(by)
    if (!wrapping)
      throw invalid('encryption.keys', `${objectName} is encrypted, and its key wrapped by ${by}, which is not given.`)
    const bytes = Buffer.from(wrapped, 'base64')
    const decipher = createDecipheriv('aes-256-gcm', wrapping, bytes.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(objectName))
      .setAuthTag(bytes.subarray(-TAG_BYTES))
    try {
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
    } catch {
      throw invalid('encryption.keys', `${by} is not the key that wrapped that of ${objectName}.`)
    }
  }

  const find = async (objectName: string): Promise<Buffer | undefined> => {
    const held = known.get(objectName)
    if (held) return held
    const record = await records.get<WrappedKey>('meta', PREFIX + objectName)
    if (!record) return undefined
    const key = unwrap(objectName, record.value)
    known.set(objectName, key)
    return key
  }

  return {
    find,
    async make(objectName) {
      const found = await find(objectName)
      if (found) return found
      const key = randomBytes(KEY_BYTES)
      // Where another worker was first, its key is the one.
      if ((await records.put('meta', PREFIX + objectName, wrap(objectName, key), 0)) === undefined)
        return (await find(objectName)) ?? key
      known.set(objectName, key)
      return key
    },
    async destroy(objectName) {
      known.delete(objectName)
      await removeRecord(records, PREFIX + objectName)
    },
    async rotate() {
      let [count, rotated] = [0, 0]
      for await (const { key, version, value } of eachRecord<WrappedKey>(records, 'meta', { prefix: PREFIX })) {
        count++
        const objectName = key.slice(PREFIX.length)
        if (value.by === current) continue
        // Whoever changed it meanwhile has destroyed it, or wrapped it anew.
        const put = await records.put('meta', key, wrap(objectName, unwrap(objectName, value)), version)
        if (put !== undefined) rotated++
      }
      return { keys: count, rotated }
    },
  }
}

function invalid(field: string, message: string): AnalyticsError {
  return new AnalyticsError('invalid_options', message, { field })
}
