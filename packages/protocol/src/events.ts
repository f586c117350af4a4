import type { JsonObject } from './json.js'

/** The part of a Standard Schema validator (zod, valibot, arktype, …) that is called. See standardschema.dev. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    /** Checks a value, and may change it. */
    readonly validate: (value: unknown) => SchemaOutcome<Output> | Promise<SchemaOutcome<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** What a validator answers. */
export type SchemaOutcome<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
      }[]
    }

/** How one event type is defined. */
export interface EventDefinition<Schema extends StandardSchema = StandardSchema> {
  /** Checks the properties on the server. Without one, any properties are taken. */
  schema?: Schema
  /** Version that the schema describes. @default 1 */
  version?: number
  /** For each older version, how its properties become those of `version`. */
  upcast?: Readonly<Record<number, (properties: never) => unknown>>
  /** Counts as a conversion of its session. @default false */
  conversion?: boolean
  /** The numeric property that is the event's value. */
  value?: string
}

/** Definitions by event type. */
export type EventDefinitions = Readonly<Record<string, EventDefinition>>

/** Properties by event type: what `track` accepts. */
export type EventMap = Readonly<Record<string, unknown>>

/** The properties that each defined event type takes. */
export type EventsOf<Definitions> = {
  readonly [Type in keyof Definitions]: Definitions[Type] extends { schema: StandardSchema<infer Input, unknown> }
    ? Input
    : JsonObject | undefined
}

/**
 * Where an app registers its events once, so that hooks need no type argument:
 * `declare module '@analytics/protocol' { interface Register { events: typeof events } }`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: apps add to it by declaration merging
export interface Register {}

/** The definitions that the app registered, or any. */
export type RegisteredEvents = Register extends { events: infer Definitions } ? Definitions : EventDefinitions

/**
 * Declares the app's own event types once, for the browser (by type alone), the hooks and the server.
 * @throws TypeError where a version is no positive integer or an older version has no upcast.
 * @example
 * const events = defineEvents({ signup: { version: 2, schema, upcast: { 1: (old) => ({ plan: old.tier }) } } })
 */
export function defineEvents<const Definitions extends EventDefinitions>(definitions: Definitions): Definitions {
  for (const [type, { version = 1, upcast = {} }] of Object.entries(definitions)) {
    if (!Number.isInteger(version) || version < 1) throw new TypeError(`${type}: version must be a positive integer`)
    for (let old = 1; old < version; old++) {
      if (!Object.hasOwn(upcast, old))
        throw new TypeError(`${type}: version ${old} has no upcast to version ${version}`)
    }
  }
  return Object.freeze(definitions)
}

/** Event types that the trackers send by themselves; analyses of sessions, errors and performance read these. */
export const BUILT_IN_EVENTS = {
  pageView: 'page_view',
  sessionStart: 'session_start',
  sessionEnd: 'session_end',
  click: 'click',
  formSubmit: 'form_submit',
  featureUsage: 'feature_usage',
  error: 'error',
  timing: 'timing',
  pageLoad: 'page_load',
  webVital: 'web_vital',
  identify: 'identify',
} as const
