import { restoreWaiter } from '../operations/restore.js'
import type { TieringOperations } from '../tiering.js'
import { remoteBytes, remoteCall } from './remote-call.js'
import { type RemoteTieringOptions, resolveServer } from './remote-server.js'

/**
 * The tier manager of a running server, over HTTP with an admin key: for scripts and other processes, where the server owns the
 * database. It does what the methods of `createTiering` do, with the same results and errors. A signal that aborts ends the work on the
 * server as well, after the step that it is at. What fails on the way rejects with `store_unavailable` where the server could not be
 * reached, `outcome_unknown` where the connection broke while it worked: every operation may be called again.
 * @throws AnalyticsError `invalid_options` where the address or the key is not usable.
 * @example
 * const tiering = remoteTiering({ url: 'https://app.example/analytics', key: process.env.ANALYTICS_ADMIN_KEY! })
 * const { days } = await tiering.status()
 */
export function remoteTiering(options: RemoteTieringOptions): TieringOperations {
  const server = resolveServer(options)
  const call = remoteCall(server)
  const restoreStatus: TieringOperations['restore']['status'] = (id, more) => call('restore status', { id }, more)
  return {
    plan: () => call('plan'),
    run: (run) => call('run', {}, run),
    compact: (run) => call('compact', {}, run),
    archive: ({ onlyBegun, ...run } = {}) => call('archive', { onlyBegun }, run),
    expire: ({ dryRun, ...run } = {}) => call('expire', { dryRun }, run),
    gc: ({ signal, ...input } = {}) => call('gc', input, { signal }),
    rebuildCatalog: ({ dryRun, deep, ...run } = {}) => call('rebuild-catalog', { dryRun, deep }, run),
    status: () => call('status'),
    explain: (day) => call('explain', { day }),
    export: ({ signal, onDay: _onDay, ...input }) => remoteBytes(server, 'export', input, signal),
    costs: ({ from, to } = {}) => call('costs', { from, to }),
    park: async (day) => void (await call('park', { day })),
    retry: (day) => call('retry', { day }),
    verify: ({ deep, signal } = {}) => call('verify', { deep }, { signal }),
    doctor: (more) => call('doctor', {}, more),
    rotateKeys: () => call('keys rotate'),
    restore: {
      estimate: ({ from, to }) => call('restore estimate', { from, to }),
      request: ({ from, to }, { hours, signal } = {}) => call('restore request', { from, to, hours }, { signal }),
      status: restoreStatus,
      refresh: (more) => call('restore refresh', {}, more),
      wait: restoreWaiter(restoreStatus),
    },
    hold: {
      add: ({ from, to, reason, until }) => call('hold add', { from, to, reason, until }),
      list: () => call('hold list'),
      release: async (id) => void (await call('hold release', { id })),
    },
    erase: {
      estimate: ({ userIds, anonymousIds }) => call('erase estimate', { userIds, anonymousIds }),
      request: ({ userIds, anonymousIds }, { within } = {}) => call('erase request', { userIds, anonymousIds, within }),
      run: (run) => call('erase run', {}, run),
      status: (id) => call('erase status', { id }),
      list: () => call('erase list'),
      receipt: (id) => call('erase receipt', { id }),
    },
  }
}
