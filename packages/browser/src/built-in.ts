import type { BUILT_IN_EVENTS } from '@analytics/protocol'

/** A built-in event type: checked against the protocol by type alone, for its table would be most of what a page uses of it. */
export type BuiltInType = (typeof BUILT_IN_EVENTS)[keyof typeof BUILT_IN_EVENTS]
