/** What the command line may change. */
export interface Settings {
  /** Runs of each alternative; the median counts. */
  runs: number
  /** Rows that are there already, of `insert` and `recover`. */
  rows: number | undefined
  /** Events of `funnel`, `funnel-engines`, `analyses`, `memory`, `rollup` and `move`; of a day of `person`. */
  events: number | undefined
  /** Days of `person`. */
  days: number | undefined
}
