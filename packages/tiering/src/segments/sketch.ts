import { idHash } from './id-hash.js'

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

/** Makes a sketch of people, each given once by what `idHash` makes of the id; it keeps those eight bytes of each meanwhile. */
export async function sketchPeople(hashes: AsyncIterable<BigUint64Array>): Promise<PeopleSketch> {
  const batches: BigUint64Array[] = []
  let people = 0
  for await (const batch of hashes) {
    // A batch is only valid until the next is asked for.
    batches.push(batch.slice())
    people += batch.length
  }
  const bits = new Uint8Array(Math.max(1, Math.ceil((people * BITS_PER_PERSON) / 8)))
  for (const batch of batches) {
    for (const hash of batch) {
      const halves = halvesOf(hash)
      for (let probe = 0; probe < PROBES; probe++) {
        const bit = bitOf(halves, probe, bits)
        bits[bit >>> 3]! |= 1 << (bit & 7)
      }
    }
  }
  return { people, bits: Buffer.from(bits.buffer).toString('base64') }
}

/** The bits of a sketch. */
export function sketchBits({ bits }: PeopleSketch): SketchBits {
  return Buffer.from(bits, 'base64')
}

/** Whether there may be events of the person; false is certain. */
export function mayHavePerson(bits: SketchBits, id: string): boolean {
  const halves = halvesOf(idHash(id))
  for (let probe = 0; probe < PROBES; probe++) {
    const bit = bitOf(halves, probe, bits)
    if ((bits[bit >>> 3]! & (1 << (bit & 7))) === 0) return false
  }
  return true
}

/** The halves of one hash serve in place of seven hashes (Kirsch and Mitzenmacher 2006). */
function halvesOf(hash: bigint): [first: number, second: number] {
  return [Number(hash >> 32n), (Number(hash & 0xffffffffn) | 1) >>> 0]
}

function bitOf([first, second]: [number, number], probe: number, bits: SketchBits): number {
  return (first + probe * second) % (bits.length * 8)
}
