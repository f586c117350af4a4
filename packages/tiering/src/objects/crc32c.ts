import { crc32c } from '@node-rs/crc32'

/** A CRC32C that grows with the bytes, as services of objects write it: four bytes, the highest first, in base64. */
export class Crc32cSum {
  #sum = 0

  update(bytes: Buffer): void {
    this.#sum = crc32c(bytes, this.#sum)
  }

  digest(): string {
    const value = Buffer.alloc(4)
    value.writeUInt32BE(this.#sum)
    return value.toString('base64')
  }
}

/** CRC32C of these bytes, base64. */
export function crc32cOf(bytes: Buffer): string {
  const sum = new Crc32cSum()
  sum.update(bytes)
  return sum.digest()
}
