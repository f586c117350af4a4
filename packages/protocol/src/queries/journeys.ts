import type { Duration, Step } from './base.js'
import type { QueryBase } from './query-base.js'

/**
 * The ways people take: which step follows which, in the sessions of each person. A session ends where its next event comes `sessionGap`
 * later or more, or at an end of the range. Events of a person at one instant count in the order of their labels.
 */
export interface JourneysQuery extends QueryBase {
  kind: 'journeys'
  /**
   * What labels a step: `eventType`, `pageUrl`, another column or `properties.path`; of several, the first that the event has. An event that
   * has none is no step. A slash at the end of a label is left out, so that `/a` and `/a/` are one page.
   */
  by: string | readonly string[]
  /** Which events are steps. @default all that have a label */
  event?: Step
  /** Labels that count as one. The first that matches is taken; `start`, `end` and `exclude` mean the labels that come of it. */
  groups?: readonly JourneyGroup[]
  /** Steps that are left out, as if they had not happened: labels, in which `*` stands for any text. */
  exclude?: readonly string[]
  /** Only sessions with this label, from where it comes first. */
  start?: string
  /**
   * Only sessions with this label, up to where it comes first, and of longer ones the last `maxSteps`. With `start`, the way from one to the
   * other: of longer ones the first and the last `maxSteps` / 2, with `...` between.
   */
  end?: string
  /** Steps of a session that are looked at, 2 to 20. @default 5 */
  maxSteps?: number
  /** @default '30m' */
  sessionGap?: Duration
  /** Whether equal steps in a row are one, which lasts until the last of them. @default true */
  collapseRepeats?: boolean
  /** Sessions that a link must have. @default 1 */
  minWeight?: number
  /** How many links at most, 1 to 1,000: those with the most sessions. @default 50 */
  limit?: number
}

/** Labels of a journey that count as one. */
export interface JourneyGroup {
  label: string
  /** Labels, in which `*` stands for any text. */
  match: readonly string[]
}

/** A step at its place in the journeys. */
export interface JourneyNode {
  /** `step` and `label`, such as `2_/pricing`. */
  id: string
  /** From 1. */
  step: number
  label: string
  sessions: number
  /** People of these sessions, each once. */
  users: number
  /** Sessions whose journey ends here, be it that the query looks no further. */
  dropOff: number
}

/** Two steps that follow each other. */
export interface JourneyLink {
  /** Ids of nodes. */
  source: string
  target: string
  /** Sessions that took it. */
  value: number
  /** Mean time from one step to the other. */
  averageSeconds: number
}

/**
 * Answer of a `JourneysQuery`. The numbers of a node are those of all its sessions, also where some of its links are not among the most
 * taken. A link that no journey's first step leads to by other links, and a node without a link, are left out.
 */
export interface JourneysResult {
  /** By step, then by sessions, the most first. */
  nodes: JourneyNode[]
  /** By value, the highest first, then by the text of `source` and `target`. */
  links: JourneyLink[]
}
