import { describe, expect, it } from 'vitest'
import { Crc32cSum, crc32cOf } from '../../src/objects/crc32c.js'

describe('CRC32C', () => {
  // RFC 3720, B.4.
  it.each([
    [Buffer.alloc(32), 0x8a9136aa],
    [Buffer.alloc(32, 0xff), 0x62a8ab43],
    [Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
    [Buffer.from('123456789'), 0xe3069283],
  ])('has the known values (%#)', (bytes, value) => {
    expect(Buffer.from(crc32cOf(bytes), 'base64').readUInt32BE()).toBe(value)
    const inPieces = new Crc32cSum()
    inPieces.update(bytes.subarray(0, 5))
    inPieces.update(bytes.subarray(5))
    expect(inPieces.digest()).toBe(crc32cOf(bytes))
  })
})
