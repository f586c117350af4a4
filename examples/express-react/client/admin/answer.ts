import type { PeopleByKind, PeopleQuery, Query, Range, ResultOf } from '@analytics/protocol'

/** A number of an answer whose people can be listed. */
export type CountedPeople = PeopleByKind[keyof PeopleByKind]

/** What a table shows at one place: text, or a number with who is behind it. */
export type Cell = string | { text: string; people: CountedPeople }

/** An answer as text. The first cell of a row is its heading. */
export interface AnswerTable {
  columns: readonly string[]
  rows: readonly (readonly [string, ...Cell[]])[]
}

/** A question, and how its answer is shown. */
export interface Answer {
  title: string
  ask(range: Range): Query
  /**
   * @param result What the server said to the question.
   * @param query The question as it was asked.
   */
  table(result: unknown, query: Query): AnswerTable
}

/** What a question has to say of itself. The result belongs to the query, which a list of all of them can't say. */
export interface AnswerOf<Q extends Query> {
  title: string
  ask(range: Range): Q
  table(result: ResultOf<Q>, query: Q): AnswerTable
}

/** One question of a list of them. */
export function answer<const Q extends Query>({ title, ask, table }: AnswerOf<Q>): Answer {
  return { title, ask, table: (result, query) => table(result as ResultOf<Q>, query as Q) }
}

/** The question who is behind a number. */
export function peopleQuery(people: CountedPeople, page: { limit: number; cursor?: string }): PeopleQuery {
  return { kind: 'people', ...people, ...page }
}
