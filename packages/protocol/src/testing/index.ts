/**
 * What the published contract suites are made of. A suite is data: named cases that any test runner can run.
 */
export { type MemoryRecords, memoryRecords } from './memory-records.js'

/** One case of a contract: a sentence of behaviour and the code that shows it. */
export interface ContractCase<Context> {
  /** The behaviour, as a sentence. */
  name: string
  /** A capability of the adapter without which the case is skipped; the runner prints which one is missing. */
  requires?: string
  /** Rejects where the adapter doesn't behave so. */
  run(context: Context): Promise<void>
}

/** When a fault strikes: before the call has any effect, or after it took effect but before its answer arrives. */
export type FaultPhase = 'before' | 'after'

/** Called around each call of a port; it throws to make the call fail. */
export type FaultHook = (operation: string, phase: FaultPhase) => void | Promise<void>

/**
 * Wraps an adapter so that each call can fail before or after it takes effect; a failure after it is the lost answer that
 * every caller must survive. Nested ports, such as the records of a store, are wrapped as `records.put`.
 * @param streams Names of the calls that return an async iterable: they fail before the first or after the last item.
 */
export function withFaults<Port extends object>(
  port: Port,
  hook: FaultHook | undefined,
  streams: readonly (keyof Port & string)[] = [],
): Port {
  if (!hook) return port
  const wrapped: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(port)) {
    if (isCall(member)) {
      const call = member.bind(port)
      wrapped[name] = streams.some((stream) => stream === name)
        ? faultyStream(name, call, hook)
        : faultyCall(name, call, hook)
    } else if (isPort(member)) {
      wrapped[name] = withFaults(member, (operation, phase) => hook(`${name}.${operation}`, phase))
    } else {
      wrapped[name] = member
    }
  }
  return wrapped as Port
}

type Call = (...args: unknown[]) => unknown

function isCall(member: unknown): member is Call {
  return typeof member === 'function'
}

function isPort(member: unknown): member is object {
  return typeof member === 'object' && member !== null && Object.values(member).some(isCall)
}

function faultyCall(name: string, call: Call, hook: FaultHook): Call {
  return async (...args) => {
    await hook(name, 'before')
    const answer = await call(...args)
    await hook(name, 'after')
    return answer
  }
}

function faultyStream(name: string, call: Call, hook: FaultHook): Call {
  return async function* (...args) {
    await hook(name, 'before')
    yield* call(...args) as AsyncIterable<unknown>
    await hook(name, 'after')
  }
}
