import type { Query } from '@analytics/protocol'
import { activeUsers } from './activity/active-users.js'
import { lifecycle } from './activity/lifecycle.js'
import { retention } from './activity/retention.js'
import { stickiness } from './activity/stickiness.js'
import type { Analysis } from './analysis.js'
import { cohort } from './cohort/cohort.js'
import { events } from './events.js'
import { funnel } from './funnel/funnel.js'
import { journeys } from './journeys/journeys.js'
import { peopleOf } from './people.js'
import { errors } from './quality/errors.js'
import { performance } from './quality/performance.js'
import { sessions } from './sessions/sessions.js'
import { trend } from './trend/trend.js'

/** How each kind is answered. */
export const ANALYSES: { readonly [Kind in Query['kind']]: Analysis<Extract<Query, { kind: Kind }>> } = {
  events,
  funnel,
  trend,
  retention,
  lifecycle,
  stickiness,
  'active-users': activeUsers,
  journeys,
  sessions,
  performance,
  errors,
  cohort,
  people: peopleOf({ funnel, retention, lifecycle, stickiness, 'active-users': activeUsers, journeys, cohort }),
}
