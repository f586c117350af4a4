import type { Day } from '@analytics/protocol'

/** The folder of a day's segments. Query engines read all that lies in it, hence nothing else may. */
export function dayPrefix(day: Day): string {
  return `events/dt=${day}/`
}

/** Whether an object has events: what lies beside it names nobody. */
export function isSegment(objectName: string): boolean {
  return objectName.startsWith('events/')
}

/** The day of an object that tiering has named; undefined where the name is none of ours. */
export function dayOfObject(objectName: string): Day | undefined {
  const [, day] = /^(?:events|_tiering)\/dt=(\d{4}-\d\d-\d\d)\/[0-9a-f]{32,64}\.[a-z0-9.]+$/.exec(objectName) ?? []
  return day
}

/** How much of the SHA-256 a name takes. The longer ones serve when an object of the shorter name holds other bytes. */
const NAME_LENGTHS = [32, 40, 48, 56, 64]

/** The name that follows from a segment's bytes, leaving out names that are known to hold something else. */
export function segmentName(day: Day, sha256: string, extension: string, retired: readonly string[]): string {
  const names = NAME_LENGTHS.map((length) => `${dayPrefix(day)}${sha256.slice(0, length)}${extension}`)
  return names.find((name) => !retired.includes(name)) ?? names.at(-1)!
}

/** The name of the JSON that describes a segment: `_tiering/dt=…/….json`, out of sight of query engines. */
export function sidecarName(objectName: string): string {
  return objectName.replace(/^events\//, '_tiering/').replace(/\.[^./]+$/, '.json')
}

/** The name of the list of a segment's event ids, see `idHash`: beside the sidecar, and never in the archive tier. */
export function idsName(objectName: string): string {
  return sidecarName(objectName).replace(/\.json$/, '.ids')
}

/** The name without its ending, which a segment shares with all that lies beside it. */
export function stemOf(objectName: string): string {
  return objectName.replace(/^(?:events|_tiering)\//, '').replace(/\.[^./]+$/, '')
}
