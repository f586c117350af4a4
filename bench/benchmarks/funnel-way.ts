/** The file with the rows for the other engines: `user_id`, `event_type`, `event_timestamp`. */
export const CSV = 'events.csv'

/** The file of `duckdbStore`. */
export const STORE = 'events.duckdb'

/** Questions by the name of the way they take; each resolves to the people of each step. */
export type Questions = Readonly<Record<string, () => Promise<number[]>>>

/** One engine. */
export interface Way {
  /** Makes what the engine needs beforehand, in a process of its own. */
  fill?(folder: string): Promise<void>
  /** Opens the engine, serves the questions until nobody asks any more, and closes it; or resolves to why it cannot. */
  lend(folder: string, serve: (questions: Questions) => Promise<void>): Promise<string | undefined>
}
