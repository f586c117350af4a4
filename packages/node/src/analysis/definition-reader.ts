import type { UsedDefinition } from '@analytics/protocol'

/** What is known under a name, and in which version: one of 0 is defined by the server's code. */
export interface FoundDefinition<Definition> {
  version: number
  definition: Definition
}

/** Finds what a name means now; undefined where it means nothing. */
export type FindDefinition<Definition> = (name: string) => Promise<FoundDefinition<Definition> | undefined>

/** Definitions as one query sees them: a name means the same from its first use to the last. */
export interface DefinitionReader<Definition> {
  find(name: string): Promise<Definition | undefined>
  /** The stored ones that were found so far, in order. */
  used(): UsedDefinition[]
}

/** A reader for one query. */
export function definitionReader<Definition>(
  kind: UsedDefinition['kind'],
  find: FindDefinition<Definition>,
): DefinitionReader<Definition> {
  const found = new Map<string, FoundDefinition<Definition> | undefined>()
  return {
    async find(name) {
      if (!found.has(name)) found.set(name, await find(name))
      return found.get(name)?.definition
    },
    used: () =>
      [...found].flatMap(([name, one]) => (one && one.version > 0 ? [{ kind, name, version: one.version }] : [])),
  }
}
