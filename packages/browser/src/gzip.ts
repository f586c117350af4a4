import { gzipSync } from 'fflate'

/** The codec alone, so that loading it by itself does not bring the rest of its package along. */
export function gzip(data: Uint8Array): Uint8Array {
  return gzipSync(data, { mtime: 0 })
}
