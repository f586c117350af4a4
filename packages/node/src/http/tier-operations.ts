import { errorCode } from '@analytics/protocol'
import type { ColdTier } from '../cold-tier.js'
import { errorFacts, type Logger } from '../logger.js'
import { readOptionalJson } from './body.js'
import { byteStream } from './byte-stream.js'
import { progressStream } from './progress-stream.js'
import { errorBody, failure, json } from './responses.js'

/** A request for an operation of the tier manager. */
export interface OperationCall {
  cold: Pick<ColdTier, 'perform'>
  /** Its name. */
  operation: string
  request: Request
  requestId: string
  logger: Logger
}

/**
 * Does an operation and answers with what came of it: as one object, line by line for whoever accepts `application/x-ndjson`, or as the
 * bytes of an export.
 */
export async function answerOperation(call: OperationCall): Promise<Response> {
  const { cold, operation, request, requestId, logger } = call
  const { signal } = request
  try {
    const input = await readOptionalJson(request)
    const onError = (error: unknown) => {
      if (!errorCode(error)) logger.error({ ...errorFacts(error), requestId, operation }, 'an operation failed')
    }
    if (!request.headers.get('accept')?.includes('application/x-ndjson')) {
      const result = await cold.perform(operation, input, { signal })
      if (isBytes(result)) return await byteStream({ bytes: result, contentType: 'application/gzip', onError })
      return json(result ?? null)
    }
    return await progressStream({
      work: (options) => cold.perform(operation, input, options),
      errorBody(error) {
        onError(error)
        return errorBody(error, requestId)
      },
      signal,
    })
  } catch (error) {
    // The options of an operation came with the request: it is for the caller to correct them.
    if (errorCode(error) === 'invalid_options') return failure(error, requestId, 400)
    throw error
  }
}

/** Whether an operation answers with bytes: an export does. */
function isBytes(result: unknown): result is AsyncIterable<Uint8Array> {
  return typeof result === 'object' && result !== null && Symbol.asyncIterator in result
}
