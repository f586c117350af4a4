import { AnalyticsError, LIMITS } from '@analytics/protocol'
import type { PerformOptions, TieringOperations } from '../tiering.js'
import { type Checks, duration, flag, instant, number, oneOf, readFields, text, texts } from './input.js'

type Operation = (tiering: TieringOperations, input: unknown, options: PerformOptions) => Promise<unknown>

/** An operation, and the fields of its input. */
function operation<Needed extends object, Optional extends object>(
  needed: Checks<Needed>,
  optional: Checks<Optional>,
  run: (tiering: TieringOperations, input: Needed & Partial<Optional>, options: PerformOptions) => Promise<unknown>,
): Operation {
  return (tiering, input, options) => run(tiering, readFields(input, needed, optional), options)
}

/** Ids of one person: more than anyone has. */
const MOST_IDS = 1000

const day = { day: text(10) }
const id = { id: text(64) }
const range = { from: instant, to: instant }
const subject = { userIds: texts(MOST_IDS, LIMITS.userId), anonymousIds: texts(MOST_IDS, LIMITS.anonymousId) }

const selection = {
  userIds: texts(MOST_IDS, LIMITS.userId),
  eventTypes: texts(MOST_IDS, LIMITS.eventType),
  tiers: oneOf('all', 'cold'),
  onArchived: oneOf('error', 'partial', 'restore'),
}

/** What can be called by name, with what each takes. Whether a value makes sense, its method finds out. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  plan: operation({}, {}, (tiering) => tiering.plan()),
  run: operation({}, {}, (tiering, _, options) => tiering.run(options)),
  compact: operation({}, {}, (tiering, _, options) => tiering.compact(options)),
  archive: operation({}, { onlyBegun: flag }, (tiering, input, options) => tiering.archive({ ...input, ...options })),
  expire: operation({}, { dryRun: flag }, (tiering, input, options) => tiering.expire({ ...input, ...options })),
  gc: operation({}, { dryRun: flag, olderThan: duration, force: flag }, (tiering, input, options) =>
    tiering.gc({ ...input, ...options }),
  ),
  'rebuild-catalog': operation({}, { dryRun: flag, deep: flag }, (tiering, input, options) =>
    tiering.rebuildCatalog({ ...input, ...options }),
  ),
  status: operation({}, {}, (tiering) => tiering.status()),
  explain: operation(day, {}, (tiering, input) => tiering.explain(input.day)),
  export: operation(range, selection, async (tiering, input, { signal }) =>
    tiering.export({ ...input, ...(signal ? { signal } : {}) }),
  ),
  costs: operation({}, range, (tiering, input) => tiering.costs(input)),
  park: operation(day, {}, (tiering, input) => tiering.park(input.day)),
  retry: operation({}, day, (tiering, input) => tiering.retry(input.day)),
  verify: operation({}, { deep: flag }, (tiering, input, options) => tiering.verify({ ...input, ...options })),
  doctor: operation({}, {}, (tiering, _, options) => tiering.doctor(options)),
  'keys rotate': operation({}, {}, (tiering) => tiering.rotateKeys()),
  'restore estimate': operation(range, {}, (tiering, input) => tiering.restore.estimate(input)),
  'restore request': operation(range, { hours: number }, (tiering, { from, to, ...hours }, options) =>
    tiering.restore.request({ from, to }, { ...hours, ...options }),
  ),
  'restore status': operation(id, {}, (tiering, input, options) => tiering.restore.status(input.id, options)),
  'restore refresh': operation({}, {}, (tiering, _, options) => tiering.restore.refresh(options)),
  'hold add': operation({ ...range, reason: text(1000) }, { until: instant }, (tiering, input) =>
    tiering.hold.add(input),
  ),
  'hold list': operation({}, {}, (tiering) => tiering.hold.list()),
  'hold release': operation(id, {}, (tiering, input) => tiering.hold.release(input.id)),
  'erase estimate': operation({}, subject, (tiering, input) => tiering.erase.estimate(input)),
  'erase request': operation({}, { ...subject, within: duration }, (tiering, { within, ...ids }) =>
    tiering.erase.request(ids, within === undefined ? {} : { within }),
  ),
  'erase run': operation({}, {}, (tiering, _, options) => tiering.erase.run(options)),
  'erase status': operation(id, {}, (tiering, input) => tiering.erase.status(input.id)),
  'erase list': operation({}, {}, (tiering) => tiering.erase.list()),
  'erase receipt': operation(id, {}, (tiering, input) => tiering.erase.receipt(input.id)),
}

/** Does an operation by its name; an export resolves to its bytes. @throws AnalyticsError `not_found`, `invalid_options`, or what the operation throws. */
export async function performOperation(
  tiering: TieringOperations,
  name: string,
  input: unknown,
  options: PerformOptions = {},
): Promise<unknown> {
  if (Object.hasOwn(OPERATIONS, name)) return OPERATIONS[name]!(tiering, input, options)
  throw new AnalyticsError('not_found', `There is no operation ${name.slice(0, 100)}.`)
}
