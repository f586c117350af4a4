import type { ContractCase } from '@analytics/protocol/testing'
import { describe, it } from 'vitest'

/** Runs a contract; each case gets a context of its own. A skip prints the capability that is missing. */
export function runContract<Context>(
  name: string,
  cases: readonly ContractCase<Context>[],
  options: {
    capabilities?: Readonly<Record<string, boolean>>
    open: () => Promise<{ context: Context; close: () => Promise<void> }>
  },
): void {
  describe(name, () => {
    for (const { name: sentence, requires, run } of cases) {
      const isMissing = requires !== undefined && options.capabilities?.[requires] !== true
      it.skipIf(isMissing)(isMissing ? `${sentence} (skipped: not ${requires})` : sentence, async () => {
        const { context, close } = await options.open()
        try {
          await run(context)
        } finally {
          await close()
        }
      })
    }
  })
}
