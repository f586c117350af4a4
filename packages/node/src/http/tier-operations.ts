import { errorCode } from '@analytics/protocol'
import type { ColdTier } from '../cold-tier.js'
import { errorFacts, type Logger } from '../logger.js'
import { readOptionalJson } from './body.js'
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

/** Does an operation and answers with what came of it: as one object, or line by line for whoever accepts `application/x-ndjson`. */
export async function answerOperation(call: OperationCall): Promise<Response> {
  const { cold, operation, request, requestId, logger } = call
  const { signal } = request
  try {
    const input = await readOptionalJson(request)
    if (!request.headers.get('accept')?.includes('application/x-ndjson'))
      return json((await cold.perform(operation, input, { signal })) ?? null)
    return await progressStream({
      work: (options) => cold.perform(operation, input, options),
      errorBody(error) {
        if (!errorCode(error)) logger.error({ ...errorFacts(error), requestId, operation }, 'an operation failed')
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
