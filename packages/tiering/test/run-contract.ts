import type { ContractCase } from '@analytics/protocol/testing'
import { it } from 'vitest'

/** Runs a suite, each case with a context of its own; a skipped case names what is missing. */
export function runContract<Context>(
  suite: readonly ContractCase<Context>[],
  create: () => Promise<{ context: Context; dispose?(): Promise<void> }>,
  has: (capability: string) => boolean = () => true,
): void {
  for (const { name, requires, run } of suite) {
    const isMissing = requires !== undefined && !has(requires)
    it.skipIf(isMissing)(isMissing ? `${name} (needs ${requires})` : name, async () => {
      const { context, dispose } = await create()
      try {
        await run(context)
      } finally {
        await dispose?.()
      }
    })
  }
}
