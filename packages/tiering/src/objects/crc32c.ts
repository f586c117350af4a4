/** The Castagnoli polynomial, its bits reversed (RFC 3720). */
const POLYNOMIAL = 0x82f63b78

/** What a byte adds that so many bytes follow, by its value: eight bytes are taken at once. */
const TABLES: readonly Int32Array[] = makeTables()

function makeTables(): Int32Array[] {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1
    return value
  })
  const tables = [first]
  for (let following = 1; following < 8; following++) {
    tables.push(Int32Array.from(tables[following - 1]!, (value) => (value >>> 8) ^ first[value & 0xff]!))
  }
  return tables
}

/**
 * A CRC32C that grows with the bytes, as services of objects write it: four bytes, the highest first, in base64. Node.js has
 * only CRC32, and what npm has is a native module or takes a second and a half for 64 MiB.
 */
export class Crc32cSum {
  #state = -1

  update(bytes: Uint8Array): void {
    const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES as [
      Int32Array,
      Int32Array,
      Int32Array,
      Int32Array,
      Int32Array,
      Int32Array,
      Int32Array,
      Int32Array,
    ]
    let state = this.#state
    const whole = bytes.length - (bytes.length % 8)
    let at = 0
    for (; at < whole; at += 8) {
      state ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
      state =
        t7[state & 0xff]! ^
        t6[(state >>> 8) & 0xff]! ^
        t5[(state >>> 16) & 0xff]! ^
        t4[state >>> 24]! ^
        t3[bytes[at + 4]!]! ^
        t2[bytes[at + 5]!]! ^
        t1[bytes[at + 6]!]! ^
        t0[bytes[at + 7]!]!
    }
    for (; at < bytes.length; at++) state = (state >>> 8) ^ t0[(state ^ bytes[at]!) & 0xff]!
    this.#state = state
  }

  digest(): string {
    const value = Buffer.alloc(4)
    value.writeInt32BE(~this.#state)
    return value.toString('base64')
  }
}

/** CRC32C of these bytes, base64. */
export function crc32cOf(bytes: Uint8Array): string {
  const sum = new Crc32cSum()
  sum.update(bytes)
  return sum.digest()
}
