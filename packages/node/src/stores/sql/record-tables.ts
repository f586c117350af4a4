import type { RecordKind } from '@analytics/protocol'

/** How a projected column is declared; dialects spell it. */
export type ProjectedType = 'text' | 'number' | 'time'

/** A table of records: key, version and JSON body, and columns of their own for those who look with SQL. */
export interface RecordTable {
  /** Without the prefix. */
  table: string
  /** SQL column by field of the value. */
  projected: Readonly<Record<string, { column: string; type: ProjectedType }>>
  /** Projected columns by which rows are found. */
  indexes?: readonly (readonly string[])[]
}

/** The tables of all records; names and columns of the catalog are those that users rely on. */
export const RECORD_TABLES: Readonly<Record<RecordKind, RecordTable>> = {
  meta: { table: 'analytics_meta', projected: {} },
  lease: { table: 'analytics_leases', projected: { owner: { column: 'owner', type: 'text' } } },
  audit: {
    table: 'analytics_audit',
    projected: {
      action: { column: 'action', type: 'text' },
      target: { column: 'target', type: 'text' },
      at: { column: 'created_at', type: 'time' },
    },
  },
  rollup: {
    table: 'analytics_rollups',
    projected: {
      state: { column: 'state', type: 'text' },
      computedAt: { column: 'computed_at', type: 'time' },
    },
  },
  job: {
    table: 'analytics_job_runs',
    projected: {
      job: { column: 'job', type: 'text' },
      outcome: { column: 'outcome', type: 'text' },
      startedAt: { column: 'started_at', type: 'time' },
      endedAt: { column: 'ended_at', type: 'time' },
    },
  },
  suppression: {
    table: 'analytics_suppressions',
    projected: { at: { column: 'created_at', type: 'time' } },
  },
  'dead-letter': {
    table: 'analytics_dead_letters',
    projected: {
      at: { column: 'created_at', type: 'time' },
      reason: { column: 'reason', type: 'text' },
      userId: { column: 'user_id', type: 'text' },
      anonymousId: { column: 'anonymous_id', type: 'text' },
    },
    indexes: [['created_at'], ['user_id'], ['anonymous_id']],
  },
  definition: {
    table: 'analytics_definitions',
    projected: {
      kind: { column: 'kind', type: 'text' },
      name: { column: 'name', type: 'text' },
      at: { column: 'created_at', type: 'time' },
    },
  },
  tier: {
    table: 'analytics_storage_tiers',
    projected: {
      tierName: { column: 'tier_name', type: 'text' },
      dateRangeStart: { column: 'date_range_start', type: 'text' },
      dateRangeEnd: { column: 'date_range_end', type: 'text' },
      storageLocation: { column: 'storage_location', type: 'text' },
      filePrefix: { column: 'file_prefix', type: 'text' },
      compressionType: { column: 'compression_type', type: 'text' },
      encryptionEnabled: { column: 'encryption_enabled', type: 'text' },
      recordsCount: { column: 'records_count', type: 'number' },
      sizeBytes: { column: 'size_bytes', type: 'number' },
      createdAt: { column: 'created_at', type: 'time' },
      lastAccessed: { column: 'last_accessed', type: 'time' },
    },
  },
}
