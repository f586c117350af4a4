import {
  COLUMN_LENGTHS,
  columnName,
  EVENT_COLUMNS,
  type EventColumn,
  LIMITS,
  type RecordKind,
} from '@analytics/protocol'
import type { Grain } from '../../rollups/rollup.js'
import { type ProjectedType, RECORD_TABLES } from './record-tables.js'

/** Version of the tables that this code makes and reads. */
export const SCHEMA_VERSION = 4

/** What a column holds; dialects spell it. `text` has at most so many characters; `long-text` any number. */
export type SqlType =
  | { text: number }
  | 'long-text'
  | 'json'
  | 'integer'
  | 'bigint'
  | 'double'
  /** An instant, UTC, milliseconds. */
  | 'time'
  /** A UTC day. */
  | 'day'

/** A column of a table. */
export interface TableColumn {
  name: string
  type: SqlType
  notNull?: true
  /** The schema version that brought it, where that is later than its table's. */
  since?: number
}

/** A table: what every dialect makes its DDL, inserts and reads from. */
export interface Table {
  /** With prefix. */
  name: string
  columns: readonly TableColumn[]
  key: readonly string[]
  unique?: readonly (readonly string[])[]
  indexes?: readonly (readonly string[])[]
  /** Cut by the UTC day in this column, where the store has partitions. */
  partitionBy?: string
  /** The schema version that brought it. */
  since: number
}

/** Every table under one prefix. */
export interface Tables {
  prefix: string
  events: Table
  identities: Table
  /** Name of the sequence that numbers people, from 0. */
  personSequence: string
  sessions: Table
  metrics: Readonly<Record<Grain, Table>>
  marks: Table
  firstSeen: Table
  records: Readonly<Record<RecordKind, Table>>
}

/** The column of a metrics table that says which bucket a row belongs to. */
export const BUCKET_COLUMN: Readonly<Record<Grain, string>> = {
  hour: 'metric_hour',
  day: 'metric_date',
  week: 'metric_week',
}

/** Limits of the columns of an event, in characters; what is no text has none. */
const TEXT_LENGTHS: Readonly<Partial<Record<EventColumn, number>>> = COLUMN_LENGTHS

const REQUIRED = new Set<EventColumn>(['eventId', 'eventType', 'sessionId', 'eventTimestamp', 'schemaVersion'])

const PROJECTED: Readonly<Record<ProjectedType, SqlType>> = { text: { text: 500 }, number: 'bigint', time: 'time' }

const column = (name: string, type: SqlType, notNull?: true): TableColumn => ({
  name,
  type,
  ...(notNull && { notNull }),
})
const id = (name: string): TableColumn => column(name, { text: LIMITS.userId })

function eventColumn(name: EventColumn): TableColumn {
  const type = EVENT_COLUMNS[name]
  const sqlType: SqlType =
    name === 'schemaVersion'
      ? 'integer'
      : type === 'text'
        ? { text: TEXT_LENGTHS[name]! }
        : type === 'number'
          ? 'double'
          : type
  return column(columnName(name), sqlType, REQUIRED.has(name) || undefined)
}

/** The columns of whole events, in storage order. */
export const EVENT_TABLE_COLUMNS: readonly TableColumn[] = (Object.keys(EVENT_COLUMNS) as EventColumn[]).map(
  eventColumn,
)

/** The schema versions that brought the tables of records. */
const RECORDS_SINCE: Readonly<Record<RecordKind, number>> = {
  meta: 1,
  lease: 1,
  audit: 1,
  tier: 1,
  rollup: 2,
  job: 2,
  suppression: 2,
  'dead-letter': 3,
  definition: 4,
}

function recordTable(prefix: string, kind: RecordKind): Table {
  const { table, projected, indexes = [] } = RECORD_TABLES[kind]
  return {
    name: prefix + table,
    columns: [
      column('record_key', { text: 400 }, true),
      column('version', 'bigint', true),
      column('body', 'long-text', true),
      ...Object.values(projected).map(({ column: name, type }) => column(name, PROJECTED[type])),
    ],
    key: ['record_key'],
    indexes,
    since: RECORDS_SINCE[kind],
  }
}

function metricsTable(prefix: string, grain: Grain, name: string): Table {
  const bucket = BUCKET_COLUMN[grain]
  return {
    name: `${prefix}user_metrics_${name}`,
    columns: [
      column(bucket, grain === 'hour' ? 'time' : 'day', true),
      column('person', 'integer', true),
      id('user_id'),
      id('anonymous_id'),
      column('total_events', 'integer', true),
      column('total_sessions', 'integer', true),
      column('total_duration_seconds', 'double', true),
      column('page_views', 'integer', true),
      column('unique_pages', 'integer', true),
      column('actions_performed', 'json'),
      column('features_used', 'json'),
      column('avg_page_load_time', 'double'),
      column('error_count', 'integer', true),
      column('created_at', 'time', true),
    ],
    key: [bucket, 'person'],
    indexes: [['person'], ['user_id', bucket]],
    ...(grain === 'day' ? { partitionBy: bucket } : {}),
    since: 2,
  }
}

/** The tables under a prefix that was checked. */
export function tablesOf(prefix: string): Tables {
  const kinds = Object.keys(RECORD_TABLES) as RecordKind[]
  return {
    prefix,
    events: {
      name: `${prefix}user_events`,
      columns: [...EVENT_TABLE_COLUMNS, column('event_day', 'day', true), column('person', 'integer', true)],
      key: ['event_day', 'event_id'],
      indexes: [['user_id', 'event_timestamp'], ['anonymous_id'], ['session_id'], ['event_type', 'event_timestamp']],
      partitionBy: 'event_day',
      since: 1,
    },
    identities: {
      name: `${prefix}analytics_identities`,
      columns: [
        column('person', 'integer', true),
        id('user_id'),
        id('anonymous_id'),
        column('linked_person', 'integer'),
        column('linked_at', 'bigint'),
        { ...column('created_at', 'time'), since: 2 },
      ],
      key: ['person'],
      unique: [['user_id'], ['anonymous_id']],
      indexes: [['linked_person'], ['linked_at']],
      since: 1,
    },
    personSequence: `${prefix}analytics_person_seq`,
    sessions: {
      name: `${prefix}user_sessions_analytics`,
      columns: [
        column('session_id', { text: LIMITS.sessionId }, true),
        column('person', 'integer', true),
        id('user_id'),
        id('anonymous_id'),
        column('session_start', 'time', true),
        column('session_end', 'time', true),
        column('duration_seconds', 'double', true),
        column('page_count', 'integer', true),
        column('event_count', 'integer', true),
        column('entry_page', { text: LIMITS.url }),
        column('entry_at', 'time'),
        column('exit_page', { text: LIMITS.url }),
        column('exit_at', 'time'),
        column('device_info', 'json'),
        column('geo_location', 'json'),
        column('conversion_events', 'json'),
        column('session_value', 'double', true),
        column('created_at', 'time', true),
      ],
      key: ['session_id', 'person'],
      indexes: [['user_id'], ['person'], ['session_start']],
      since: 2,
    },
    metrics: {
      hour: metricsTable(prefix, 'hour', 'hourly'),
      day: metricsTable(prefix, 'day', 'daily'),
      week: metricsTable(prefix, 'week', 'weekly'),
    },
    marks: {
      name: `${prefix}analytics_rollup_marks`,
      columns: [column('mark_id', { text: 26 }, true), column('hour', 'time'), column('person', 'integer')],
      key: ['mark_id'],
      since: 2,
    },
    firstSeen: {
      name: `${prefix}analytics_first_seen`,
      columns: [
        column('person', 'integer', true),
        column('event_type', { text: LIMITS.eventType }, true),
        column('first_at', 'time', true),
      ],
      key: ['person', 'event_type'],
      since: 4,
    },
    records: Object.fromEntries(kinds.map((kind) => [kind, recordTable(prefix, kind)])) as Record<RecordKind, Table>,
  }
}

/** Every table once, the record of the schema version among the first. */
export function allTables(tables: Tables): Table[] {
  const { records, events, identities, sessions, metrics, marks, firstSeen } = tables
  return [...Object.values(records), events, identities, sessions, ...Object.values(metrics), marks, firstSeen]
}
