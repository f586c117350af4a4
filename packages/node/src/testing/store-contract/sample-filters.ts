import type { Filter } from '@analytics/protocol'

/** Filters of every operator and type, over columns and properties. */
export const SAMPLE_FILTERS: readonly Filter[] = [
  { property: 'eventType', op: 'eq', value: 'click' },
  { property: 'eventType', op: 'neq', value: 'click' },
  { property: 'eventValue', op: 'gt', value: 10 },
  { property: 'eventValue', op: 'lte', value: 5.25 },
  { property: 'eventValue', op: 'notExists' },
  { property: 'eventValue', op: 'eq', value: '5' },
  { property: 'pageUrl', op: 'contains', value: '/p/' },
  { property: 'pageUrl', op: 'neq', value: 'x' },
  { property: 'userId', op: 'in', value: ['user-0', 'user-2', 7] },
  { property: 'userId', op: 'notIn', value: ['user-0'] },
  { property: 'eventTimestamp', op: 'gte', value: '2026-01-11T06:00:00.000Z' },
  { property: 'properties.plan', op: 'eq', value: 'pro' },
  { property: 'properties.plan', op: 'gt', value: 'g' },
  { property: 'properties.amount', op: 'gte', value: 25 },
  { property: 'properties.amount', op: 'eq', value: '4' },
  { property: 'properties.nested.deep', op: 'eq', value: true },
  { property: 'properties.nested', op: 'exists' },
  { property: 'properties.missing.deep', op: 'notExists' },
  { not: { property: 'properties.plan', op: 'eq', value: 'pro' } },
  { and: [] },
  { or: [] },
  {
    or: [
      { property: 'eventType', op: 'eq', value: 'signup' },
      { and: [{ property: 'properties.amount', op: 'lt', value: 10 }, { not: { property: 'userId', op: 'exists' } }] },
    ],
  },
]
