import { hash } from 'node:crypto'

/**
 * Which people a segment may have events of: a Bloom filter over ids (Bloom 1970), 10 bits a person and 7 probes, which lets
 * through about 1 of 120 that are not there and none too few.
 */
export interface PeopleSketch {
  people: number
  /** Base64. */
  bits: string
}

/** A sketch, ready to be asked. */
export type SketchBits = Uint8Array

const BITS_PER_PERSON = 10
const PROBES = 7
const FIRST_CAPACITY = 1024

/** Makes a sketch of the ids of people, each given once; it keeps eight bytes of each meanwhile. */
export async function sketchPeople(ids: AsyncIterable<readonly string[]>): Promise<PeopleSketch> {
  let hashes = new Uint32Array(2 * FIRST_CAPACITY)
  let people = 0
  for await (const batch of ids) {
    for (const id of batch) {
      if (2 * people === hashes.length) hashes = grown(hashes)
      hashes.set(hashOf(id), 2 * people++)
    }
  }
  const bits = new Uint8Array(Math.max(1, Math.ceil((people * BITS_PER_PERSON) / 8)))
  for (let i = 0; i < people; i++) {
    for (const bit of probes(hashes[2 * i]!, hashes[2 * i + 1]!, bits)) bits[bit >>> 3]! |= 1 << (bit & 7)
  }
  return { people, bits: Buffer.from(bits.buffer).toString('base64') }
}

/** The bits of a sketch. */
export function sketchBits({ bits }: PeopleSketch): SketchBits {
  return Buffer.from(bits, 'base64')
}

/** Whether there may be events of the person; false is certain. */
export function mayHavePerson(bits: SketchBits, id: string): boolean {
  const [first, second] = hashOf(id)
  return probes(first, second, bits).every((bit) => (bits[bit >>> 3]! & (1 << (bit & 7))) !== 0)
}

function grown(hashes: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const more = new Uint32Array(2 * hashes.length)
  more.set(hashes)
  return more
}

function hashOf(id: string): [number, number] {
  const digest = hash('sha1', id, 'buffer')
  return [digest.readUInt32BE(0), digest.readUInt32BE(4)]
}

/** The bits of a person, two hashes in place of seven (Kirsch and Mitzenmacher 2006). */
function probes(first: number, second: number, bits: SketchBits): number[] {
  const size = bits.length * 8
  return Array.from({ length: PROBES }, (_, probe) => (first + probe * ((second | 1) >>> 0)) % size)
}
