import type { HotStore, Subject } from '../store.js'

/** One id of a person. */
export type PersonId = { userId: string } | { anonymousId: string }

/**
 * The person that an id belongs to, with every id that is linked to it: a user with all the anonymous ids that turned out to
 * be theirs; a visitor who never identified alone.
 */
export async function subjectOf(store: Pick<HotStore, 'ownerOf' | 'anonymousIdsOf'>, id: PersonId): Promise<Subject> {
  const userId = 'userId' in id ? id.userId : await store.ownerOf(id.anonymousId)
  const asked = 'anonymousId' in id ? [id.anonymousId] : []
  if (userId === undefined) return { userIds: [], anonymousIds: asked }
  return { userIds: [userId], anonymousIds: [...new Set([...asked, ...(await store.anonymousIdsOf(userId))])] }
}
