/** Where both servers take batches. */
export const PATH = '/analytics/events'

/** The key of the benchmark's tracker. */
export const WRITE_KEY = 'wk_benchmark'
