import type { Analytics } from '@analytics/node'

/** How many people there are. */
export const USERS = 200_000

/** The days of the events, which are all asked for. */
export const DAYS = 30
export const TO = Date.parse('2026-11-01T00:00:00Z')
export const FROM = TO - DAYS * 86_400_000

/** The steps, in order, and how many days after its first one an attempt may end. */
export const STEPS = ['product_view', 'add_to_cart', 'checkout', 'purchase'] as const
export const WINDOW_DAYS = 7

/** How many people reached each step, as the engine of queries tells. */
export async function askFunnel({ query }: Analytics): Promise<number[]> {
  const range = { from: new Date(FROM).toISOString(), to: new Date(TO).toISOString() }
  const steps = STEPS.map((event) => ({ event }))
  const { result } = await query({ kind: 'funnel', range, steps, window: `${WINDOW_DAYS}d` })
  return result.steps.map(({ users }) => users)
}
