import { type RecordStore, removeRecord } from '@analytics/protocol'
import { mayHavePerson, type PeopleSketch, type SketchBits, sketchBits } from '../segments/sketch.js'

/** Which people each segment may have events of, kept in the hot store's database: to know it asks nothing of the object store. */
export interface Sketches {
  /** Keeps the sketch of a segment; the name of an object tells its bytes, so one that is there already is the same. */
  keep(objectName: string, sketch: PeopleSketch): Promise<void>
  /** Reads the sketches of these segments, in the order of their names, as far as they are not in memory. */
  load(objectNames: readonly string[]): Promise<void>
  /** Whether a segment whose sketch was loaded may have events of any of them; true also where there is none. */
  mayHave(objectName: string, people: ReadonlySet<string>): boolean
  forget(objectName: string): Promise<void>
}

const PREFIX = 'sketch/'
/** Sketches of one answer of the database: some tens of thousands of bytes each, more than a year of them. */
const PAGE = 500
/** Bytes of sketches in memory. */
const MAX_BYTES = 64 * 1024 * 1024

/** The sketches of these records. */
export function createSketches(records: RecordStore): Sketches {
  /** By name, those used last at the end; undefined where there is none. */
  const held = new Map<string, SketchBits | undefined>()
  let bytes = 0

  function hold(objectName: string, bits: SketchBits | undefined): void {
    release(objectName)
    held.set(objectName, bits)
    bytes += bits?.byteLength ?? 0
    for (const oldest of held.keys()) {
      if (bytes <= MAX_BYTES) return
      release(oldest)
    }
  }
  function release(objectName: string): void {
    bytes -= held.get(objectName)?.byteLength ?? 0
    held.delete(objectName)
  }

  return {
    async keep(objectName, sketch) {
      await records.put('meta', PREFIX + objectName, sketch, 0)
      release(objectName)
    },
    async load(objectNames) {
      const missing = objectNames.filter((name) => !held.has(name)).sort()
      const last = missing.at(-1)
      if (last === undefined) return
      const wanted = new Set(missing)
      // Records are listed behind a key: that of the first itself would be left out.
      let after = PREFIX + missing[0]!.slice(0, -1)
      for (;;) {
        const page = await records.list<PeopleSketch>('meta', { prefix: PREFIX, after, limit: PAGE })
        for (const { key, value } of page) {
          const objectName = key.slice(PREFIX.length)
          if (wanted.delete(objectName)) hold(objectName, sketchBits(value))
        }
        after = page.at(-1)?.key ?? ''
        if (page.length < PAGE || after >= PREFIX + last) break
      }
      for (const objectName of wanted) hold(objectName, undefined)
    },
    mayHave(objectName, people) {
      const bits = held.get(objectName)
      return !bits || [...people].some((person) => mayHavePerson(bits, person))
    },
    async forget(objectName) {
      release(objectName)
      await removeRecord(records, PREFIX + objectName)
    },
  }
}
