import {
  type EventDefinition,
  type EventDefinitions,
  isRecord,
  type JsonObject,
  type SchemaOutcome,
  type StoredEvent,
  type WireEvent,
} from '@analytics/protocol'
import { CONVERSION_PROPERTY } from '../sessions/session.js'

/** A defined event's properties did not fit. */
export interface SchemaViolation {
  field: string
  message: string
}

/** Checks events against their definitions. */
export interface SchemaRegistry {
  /** The event with the properties of its definition's latest version, or what is wrong. Undefined types pass as they are. */
  check(event: WireEvent): Promise<{ event: WireEvent } | { violation: SchemaViolation }>
  /** The event as it is stored: marked where its definition says that it is a conversion. */
  marked(event: StoredEvent): StoredEvent
}

/** A registry of the app's definitions. */
export function schemaRegistry(definitions: EventDefinitions): SchemaRegistry {
  return {
    async check(event) {
      const definition = Object.hasOwn(definitions, event.eventType) ? definitions[event.eventType] : undefined
      if (!definition) return { event }
      const latest = definition.version ?? 1
      const sent = event.schemaVersion ?? latest
      const checked = await fit(definition, event, sent)
      if (!('violation' in checked) || event.schemaVersion !== undefined || latest === 1) return checked
      // A tracker knows the definitions by type alone and names no version: an app built before the latest one sends the first.
      const old = await fit(definition, event, 1)
      return 'violation' in old ? checked : old
    },

    marked(event) {
      const isConversion =
        Object.hasOwn(definitions, event.eventType) && definitions[event.eventType]?.conversion === true
      return isConversion ? { ...event, properties: { ...event.properties, [CONVERSION_PROPERTY]: true } } : event
    },
  }
}

type Checked = { event: WireEvent } | { violation: SchemaViolation }

/** Reads the properties as those of a version and makes them those of the latest. */
async function fit(definition: EventDefinition, event: WireEvent, version: number): Promise<Checked> {
  const latest = definition.version ?? 1
  if (version > latest) {
    return {
      violation: { field: 'schemaVersion', message: `Version ${version} is newer than ${latest}, the latest known.` },
    }
  }
  const upcasted = upcast(definition, event.properties, version, latest)
  if ('violation' in upcasted) return upcasted
  const checked = await validate(definition, upcasted.properties)
  if ('violation' in checked) return checked
  return { event: withValue({ ...event, schemaVersion: latest }, checked.properties, definition.value) }
}

function upcast(
  definition: EventDefinition,
  properties: JsonObject | undefined,
  sent: number,
  latest: number,
): { properties: unknown } | { violation: SchemaViolation } {
  const step = sent < latest ? definition.upcast?.[sent] : undefined
  if (!step) return { properties: properties ?? {} }
  try {
    return { properties: step((properties ?? {}) as never) }
  } catch {
    return {
      violation: {
        field: 'properties',
        message: `The properties could not be brought from version ${sent} to ${latest}.`,
      },
    }
  }
}

async function validate(
  definition: EventDefinition,
  properties: unknown,
): Promise<{ properties: JsonObject } | { violation: SchemaViolation }> {
  if (!definition.schema) return { properties: isRecord(properties) ? (properties as JsonObject) : {} }
  const outcome: SchemaOutcome<unknown> = await definition.schema['~standard'].validate(properties)
  if (outcome.issues) {
    const [issue] = outcome.issues
    const path = (issue?.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part))
    return {
      violation: { field: ['properties', ...path].join('.'), message: issue?.message ?? 'The properties do not fit.' },
    }
  }
  if (!isRecord(outcome.value)) return { violation: { field: 'properties', message: 'The schema gives no object.' } }
  return { properties: outcome.value as JsonObject }
}

function withValue(event: WireEvent, properties: JsonObject, valueProperty: string | undefined): WireEvent {
  const { properties: _old, ...rest } = event
  const value = valueProperty === undefined ? undefined : properties[valueProperty]
  return {
    ...rest,
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    ...(rest.eventValue === undefined && typeof value === 'number' && Number.isFinite(value)
      ? { eventValue: value }
      : {}),
  }
}
