import { AnalyticsError, type AuditEntry, canonicalJson, eachRecord, type RecordStore } from '@analytics/protocol'

/** One version of a definition. */
export interface StoredDefinition<Definition> {
  name: string
  /**
   * Begins at 1 and grows by 1 with each change; a version never changes, but for ids of people who were erased. 0 where the server's code
   * defines it.
   */
  version: number
  /** When it was defined, UTC milliseconds; of what code defines, when the server was started. */
  at: number
  definition: Definition
}

/** What is stored under names that queries may use, each change of it as a version of its own. */
export interface Definitions<Definition> {
  /**
   * Stores the definition under its name, as its next version; where it is what the name means already, nothing changes.
   * @throws AnalyticsError `invalid_query` with the field at fault.
   */
  define(definition: Definition & { name: string }): Promise<StoredDefinition<Definition>>
  /** What the name means, or meant in a version. @throws AnalyticsError `not_found` */
  get(name: string, version?: number): Promise<StoredDefinition<Definition>>
  /** What is defined now, by name. */
  list(): Promise<StoredDefinition<Definition>[]>
  /**
   * Takes the name away; its versions stay readable by number.
   * @throws AnalyticsError `not_found`; `invalid_query` where other definitions are made of it.
   */
  delete(name: string): Promise<void>
}

/** Definitions as the server itself uses them. */
export interface DefinitionStore<Definition> extends Definitions<Definition> {
  /** What the name means now; undefined where it means nothing, be it that nothing can have such a name. */
  find(name: string): Promise<StoredDefinition<Definition> | undefined>
}

/** The two kinds of definitions. */
export type DefinitionKind = 'metric' | 'cohort'

/** A version as it is stored; without a definition it says that the name was taken away. */
interface Version<Definition> extends Omit<StoredDefinition<Definition>, 'definition'> {
  kind: DefinitionKind
  definition: Definition | null
}

/** So that names can be parts of formulas and of paths. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/

/** What definitions of a kind are kept by. */
export interface DefinitionsOptions<Definition> {
  kind: DefinitionKind
  records: RecordStore
  /** Is told of each change before it is made. */
  audit(entry: AuditEntry): Promise<void>
  /** Checks what came from outside. @throws AnalyticsError `invalid_query` */
  parse(value: unknown): Definition
  /** Names of other definitions that one is made of: they can't be deleted before it. */
  namesIn(definition: Definition): Iterable<string>
  now: () => number
}

/**
 * Definitions as records, each version under a key of its own that is written once: of two who define a name at the same time, one
 * finds the number taken and goes on behind it.
 */
export function definitionsOf<Definition>({
  kind,
  records,
  audit,
  parse,
  namesIn,
  now,
}: DefinitionsOptions<Definition>): DefinitionStore<Definition> {
  const keyOf = (name: string, version: number): string => `${kind}/${name}/${String(version).padStart(8, '0')}`

  const versionsOf = async (name: string): Promise<Version<Definition>[]> => {
    assertName(name)
    const versions: Version<Definition>[] = []
    for await (const { value } of eachRecord<Version<Definition>>(records, 'definition', {
      prefix: `${kind}/${name}/`,
    }))
      versions.push(value)
    return versions
  }

  /** Undefined where somebody else has written the version. */
  const append = async (name: string, version: number, definition: Definition | null) => {
    const action = definition === null ? 'delete' : 'define'
    await audit({ action: `${kind}.${action}`, target: name, details: { version } })
    const value: Version<Definition> = { kind, name, version, at: now(), definition }
    return (await records.put('definition', keyOf(name, version), value, 0)) === undefined ? undefined : value
  }

  const list = async (): Promise<StoredDefinition<Definition>[]> => {
    const last = new Map<string, Version<Definition>>()
    for await (const { value } of eachRecord<Version<Definition>>(records, 'definition', { prefix: `${kind}/` }))
      last.set(value.name, value)
    return [...last.values()].flatMap((one) => stored(one) ?? [])
  }

  const assertUnused = async (name: string): Promise<void> => {
    const users = (await list()).filter(({ definition }) => [...namesIn(definition)].includes(name))
    if (users.length === 0) return
    const usedBy = users.map((user) => user.name)
    const message = `name: ${usedBy.join(', ')} is made of ${JSON.stringify(name)}.`
    throw new AnalyticsError('invalid_query', message, { field: 'name', details: { usedBy } })
  }

  const missing = (name: string) =>
    new AnalyticsError('not_found', `There is no ${kind} ${JSON.stringify(name)}.`, { field: 'name' })

  return {
    async define({ name, ...value }) {
      assertName(name)
      // As it is read back: without what has no form in JSON.
      const definition = JSON.parse(JSON.stringify(parse(value))) as Definition
      for (;;) {
        const last = (await versionsOf(name)).at(-1)
        if (last && isSame(last.definition, definition)) return stored(last)!
        const added = await append(name, (last?.version ?? 0) + 1, definition)
        if (added) return stored(added)!
      }
    },
    async get(name, version) {
      const versions = await versionsOf(name)
      const wanted = version === undefined ? versions.at(-1) : versions.find((one) => one.version === version)
      const found = wanted && stored(wanted)
      if (!found) throw missing(name)
      return found
    },
    async find(name) {
      const last = isName(name) ? (await versionsOf(name)).at(-1) : undefined
      return last && stored(last)
    },
    list,
    async delete(name) {
      for (;;) {
        const last = (await versionsOf(name)).at(-1)
        if (!last?.definition) throw missing(name)
        await assertUnused(name)
        if (await append(name, last.version + 1, null)) return
      }
    },
  }
}

/**
 * Changes every version of a kind of definitions, those too that no name means any more, where `change` gives something else than it got.
 * Done twice, it changes nothing more.
 */
export async function changeVersions<Definition>(
  records: RecordStore,
  kind: DefinitionKind,
  change: (definition: Definition) => Definition,
): Promise<void> {
  for await (const { key } of eachRecord<Version<Definition>>(records, 'definition', { prefix: `${kind}/` })) {
    for (;;) {
      const record = await records.get<Version<Definition>>('definition', key)
      const before = record?.value.definition
      if (!before) break
      const definition = change(before)
      if (definition === before) break
      // Where somebody else has changed it meanwhile, what they made of it is looked at.
      if (await records.put('definition', key, { ...record.value, definition }, record.version)) break
    }
  }
}

function stored<Definition>({
  name,
  version,
  at,
  definition,
}: Version<Definition>): StoredDefinition<Definition> | undefined {
  return definition === null ? undefined : { name, version, at, definition }
}

const isSame = (a: unknown, b: unknown): boolean => canonicalJson(a) === canonicalJson(b)

const isName = (name: unknown): name is string => typeof name === 'string' && NAME.test(name)

/** @throws AnalyticsError `invalid_query` where nothing can be defined under the name. */
export function assertName(name: unknown): void {
  if (isName(name)) return
  throw new AnalyticsError('invalid_query', 'name: begins with a letter and has up to 100 letters, digits and _.', {
    field: 'name',
  })
}
