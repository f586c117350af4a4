import { AnalyticsError, type Filter, type Subject } from '@analytics/protocol'

/** The events of a person: those that name one of the user ids, and those without a user that name one of the anonymous ids. */
export function subjectFilter({ userIds, anonymousIds }: Subject): Filter {
  return {
    or: [
      { property: 'userId', op: 'in', value: [...userIds] },
      {
        and: [
          { property: 'userId', op: 'notExists' },
          { property: 'anonymousId', op: 'in', value: [...anonymousIds] },
        ],
      },
    ],
  }
}

/** Every id, as segments are searched for: a sketch doesn't tell users from visitors. */
export function idsOf({ userIds, anonymousIds }: Subject): ReadonlySet<string> {
  return new Set([...userIds, ...anonymousIds])
}

/** All of them as one. */
export function unitedSubject(subjects: readonly Subject[]): Subject {
  return {
    userIds: [...new Set(subjects.flatMap(({ userIds }) => userIds))],
    anonymousIds: [...new Set(subjects.flatMap(({ anonymousIds }) => anonymousIds))],
  }
}

/** @throws AnalyticsError `invalid_identity` where there is no id, or one that is no text. */
export function checkedSubject(subject: Partial<Subject>): Subject {
  const { userIds = [], anonymousIds = [] } = subject ?? {}
  const ids: unknown[] = Array.isArray(userIds) && Array.isArray(anonymousIds) ? [...userIds, ...anonymousIds] : []
  if (ids.length > 0 && ids.every((id) => typeof id === 'string' && id !== ''))
    return { userIds: [...userIds], anonymousIds: [...anonymousIds] }
  throw new AnalyticsError('invalid_identity', 'Name a person: { userIds, anonymousIds }, at least one id, as text.')
}
