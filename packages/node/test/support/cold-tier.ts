import type { ColdTier } from '@analytics/node'

/** A tier manager without days, that does what it is told for whatever is called by name. */
export function coldTier(perform: ColdTier['perform']): ColdTier {
  return {
    perform,
    run: async () => ({}),
    status: async () => ({ days: [] }),
    openView: async () => {
      throw new Error('no days')
    },
  }
}

/** A promise, and what settles it. */
export function deferred<Value = void>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve!: (value: Value) => void
  const promise = new Promise<Value>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

/** The lines of a response, as they arrive. */
export async function* linesOf(response: Response): AsyncGenerator<string> {
  let rest = ''
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    yield* lines
  }
  if (rest !== '') yield rest
}
