import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import { AnalyticsError, LIMITS } from '@analytics/protocol'

/** How long a body may pause, in ms. */
const STALL_MS = 10_000

const unzip = { gzip: promisify(gunzip), deflate: promisify(inflate), br: promisify(brotliDecompress) }

/**
 * Reads and decodes a JSON body within the limits: the wire size while it arrives, the inflated size while it inflates, so that
 * neither a large body nor a small one that inflates without end takes more memory than the limits.
 * @throws AnalyticsError `body_too_large`, `body_stalled`, `encoding_unsupported`, `invalid_json`.
 */
export async function readJson(request: Request): Promise<unknown> {
  const value = await readOptionalJson(request)
  if (value === undefined) throw new AnalyticsError('invalid_json', 'The body is empty.')
  return value
}

/** The same of a request that need not have a body: undefined where there is none. @throws see {@link readJson} */
export async function readOptionalJson(request: Request): Promise<unknown> {
  const wire = await readBytes(request)
  const bytes = await inflated(wire, request.headers.get('content-encoding'))
  if (bytes.length === 0) return undefined
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new AnalyticsError('invalid_json', 'The body is not JSON in UTF-8.')
  }
}

async function readBytes(request: Request): Promise<Buffer> {
  assertSize(Number(request.headers.get('content-length') ?? 0))
  if (!request.body) return Buffer.alloc(0)
  const reader = request.body.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for (;;) {
      const { done, value } = await withDeadline(reader.read())
      if (done) return Buffer.concat(chunks)
      size += value.byteLength
      assertSize(size)
      chunks.push(value)
    }
  } catch (error) {
    // What follows is not read: the connection is given up, not drained.
    reader.cancel().catch(() => {})
    throw error
  }
}

function assertSize(size: number): void {
  if (size <= LIMITS.wireBytes) return
  throw new AnalyticsError('body_too_large', `The body is larger than ${LIMITS.wireBytes} bytes.`, {
    details: { limit: LIMITS.wireBytes, of: 'wire' },
  })
}

function withDeadline<Value>(reading: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new AnalyticsError('body_stalled', `Nothing arrived for ${STALL_MS} ms.`)),
      STALL_MS,
    )
  })
  return Promise.race([reading, stalled]).finally(() => clearTimeout(timer))
}

async function inflated(wire: Buffer, encoding: string | null): Promise<Buffer> {
  const named = encoding?.trim().toLowerCase() || 'identity'
  // Beacons can't name an encoding: gzip is told by its magic bytes.
  const isGzip = wire[0] === 0x1f && wire[1] === 0x8b
  const codec = isGzip ? 'gzip' : named
  if (codec === 'identity') {
    return wire
  }
  if (codec !== 'gzip' && codec !== 'deflate' && codec !== 'br') {
    throw new AnalyticsError('encoding_unsupported', 'The content encoding is none of gzip, deflate, br.')
  }
  try {
    return await unzip[codec](wire, { maxOutputLength: LIMITS.inflatedBytes })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new AnalyticsError('body_too_large', `The body inflates to more than ${LIMITS.inflatedBytes} bytes.`, {
        details: { limit: LIMITS.inflatedBytes, of: 'inflated' },
      })
    }
    throw new AnalyticsError('invalid_json', `The body is not valid ${codec}.`, { cause })
  }
}
