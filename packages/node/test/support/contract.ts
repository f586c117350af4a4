import type { ContractCase } from '@analytics/protocol/testing'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { isLong } from '../../../../test/support/soak.js'
import type { StoreKind } from './stores.js'

/** Runs a contract; each case gets a context of its own. A skip prints the capability that is missing. */
export function runContract<Context>(
  name: string,
  cases: readonly ContractCase<Context>[],
  options: {
    capabilities?: Readonly<Record<string, boolean>>
    /** Why a case is left out of the short form of tests, by its name. */
    onlyInLongForm?: Readonly<Record<string, string>>
    open: () => Promise<{ context: Context; close: () => Promise<void> }>
  },
): void {
  describe(name, () => {
    for (const { name: sentence, requires, run } of cases) {
      const isMissing = requires !== undefined && options.capabilities?.[requires] !== true
      const why = isMissing ? `not ${requires}` : isLong ? undefined : options.onlyInLongForm?.[sentence]
      it.skipIf(why !== undefined)(
        why === undefined ? sentence : `${sentence} (skipped: ${why})`,
        { timeout: 90_000 },
        async () => {
          const { context, close } = await options.open()
          await run(context).catch(async (error) => {
            // What a failed case left behind must not hide why it failed.
            await close().catch(() => {})
            throw error
          })
          await close()
        },
      )
    }
  })
}

/** Tests over a kind of store, which is started before them and stopped after. */
export function describeStore(kind: StoreKind, tests: () => void): void {
  describe.skipIf(kind.isSkipped)(kind.name, () => {
    beforeAll(() => kind.start?.())
    afterAll(() => kind.stop?.())
    tests()
  })
}
