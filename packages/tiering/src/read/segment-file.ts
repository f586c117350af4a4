import type { SegmentSource } from '../segment-format.js'

/** A local file that holds a segment. */
export function localSource(path: string, size: number): SegmentSource {
  return { size, file: async () => path }
}
