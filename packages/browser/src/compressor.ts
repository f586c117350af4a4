/** A batch below this gains nothing. */
const MIN_BYTES = 2048

/**
 * Compresses what is worth it, as gzip. Synchronous, so that a batch is either queued or on its way and an exit never meets
 * one that is being compressed: a browser's own CompressionStream does not finish once a page is left.
 */
export class Compressor {
  #gzip: ((data: Uint8Array) => Uint8Array) | undefined
  #isAsked = false

  /** Loads the codec, once there is something to compress. It is no part of the first download, and without it batches go plain. */
  prepare(bytes: number): void {
    if (this.#isAsked || bytes < MIN_BYTES) return
    this.#isAsked = true
    import('./gzip.js').then(
      ({ gzip }) => {
        this.#gzip = gzip
      },
      () => {},
    )
  }

  compress(plain: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    if (!this.#gzip || plain.length < MIN_BYTES) return plain
    return this.#gzip(plain) as Uint8Array<ArrayBuffer>
  }
}
