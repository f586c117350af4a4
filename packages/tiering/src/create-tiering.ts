import { AnalyticsError } from '@analytics/protocol'
import { performOperation } from './admin/operations.js'
import { createContext } from './context.js'
import { exportEvents } from './export/write.js'
import { reportCosts } from './operations/costs.js'
import { examine } from './operations/doctor.js'
import { erasures } from './operations/erasures.js'
import { collectOrphans } from './operations/gc.js'
import { readHealth } from './operations/health.js'
import { holds } from './operations/hold.js'
import { rotateKeys } from './operations/keys.js'
import { parkDay, retryDays } from './operations/park.js'
import { planDays } from './operations/plan.js'
import { rebuildCatalog } from './operations/rebuild.js'
import { restores } from './operations/restore.js'
import { runArchive, runCompaction, runExpiry, runTiering } from './operations/run.js'
import { explainDay, readStatus } from './operations/status.js'
import { surveyDays } from './operations/survey.js'
import { verifyCatalog } from './operations/verify.js'
import { resolveTieringOptions, type TieringOptions } from './options.js'
import { scanTiers } from './read/scan.js'
import { openView } from './read/view.js'
import type { Tiering } from './tiering.js'
import { healthMetrics } from './usage/metrics.js'

/**
 * Brings a hot store and an object store together. Nothing runs by itself: call `run` from a job, as often as you like.
 * @throws AnalyticsError `invalid_options`.
 * @example
 * const tiering = createTiering({ hot: store, cold: fileObjectStore({ dir: './cold' }), policy: { dropAfter: '90d' } })
 * const { moved, failed } = await tiering.run()
 */
export function createTiering(options: TieringOptions): Tiering {
  const context = createContext(resolveTieringOptions(options))
  const { meter, now } = context
  const endMetrics = meter && healthMetrics(meter, { look: () => readHealth(context), now })
  let closed = false
  const opened = (): typeof context => {
    if (closed) throw new AnalyticsError('closed')
    return context
  }
  const restoring = restores(context)
  const holding = holds(context)
  const erasing = erasures(context)
  const tiering: Tiering = {
    plan: async () => planDays(await surveyDays(opened()), context),
    run: async (run = {}) => runTiering(opened(), run),
    archive: async (run = {}) => runArchive(opened(), run),
    compact: async (run = {}) => runCompaction(opened(), run),
    park: async (day) => parkDay(opened(), day),
    retry: async (day) => retryDays(opened(), day),
    restore: {
      estimate: async (range) => opened() && restoring.estimate(range),
      request: async (range, more) => opened() && restoring.request(range, more),
      status: async (id, more) => opened() && restoring.status(id, more),
      refresh: async (more) => opened() && restoring.refresh(more),
      wait: async (id, more) => opened() && restoring.wait(id, more),
    },
    expire: async (run = {}) => runExpiry(opened(), run),
    erase: {
      estimate: async (subject) => opened() && erasing.estimate(subject),
      request: async (subject, more) => opened() && erasing.request(subject, more),
      run: async (run) => opened() && erasing.run(run),
      status: async (id) => opened() && erasing.status(id),
      list: async () => opened() && erasing.list(),
      receipt: async (id) => opened() && erasing.receipt(id),
    },
    hold: {
      add: async (hold) => opened() && holding.add(hold),
      list: async () => opened() && holding.list(),
      release: async (id) => opened() && holding.release(id),
    },
    gc: async (options = {}) => collectOrphans(opened(), options),
    rebuildCatalog: async (options = {}) => rebuildCatalog(opened(), options),
    status: async () => readStatus(opened()),
    explain: async (day) => explainDay(opened(), day),
    openView: async (range) => openView(opened(), range),
    scan: (options) => scanTiers(opened(), options),
    export: (options) => exportEvents(opened(), options),
    doctor: async (options = {}) => examine(opened(), options),
    rotateKeys: async () => rotateKeys(opened()),
    costs: async (options = {}) => reportCosts(opened(), options),
    verify: async (verify = {}) => verifyCatalog(opened(), verify),
    perform: (operation, input, options) => performOperation(tiering, operation, input, options),
    async close() {
      if (closed) return
      closed = true
      endMetrics?.()
      await context.accesses.settled()
      await context.ledger.tryNote()
      if (context.ownsFormat) await context.format.close()
      await context.tempFiles.removeAll()
    },
  }
  return tiering
}
