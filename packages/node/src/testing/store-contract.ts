import type { ContractCase } from '@analytics/protocol/testing'
import { insertCases } from './store-contract/insert.js'
import { peopleCases } from './store-contract/people.js'
import { readCases } from './store-contract/read.js'
import type { StoreContext } from './store-contract/support.js'
import { tierCases } from './store-contract/tiers.js'

/** What every hot store does. Each case gets a fresh store; `requires` names a capability. */
export const storeContract: readonly ContractCase<StoreContext>[] = [
  ...insertCases,
  ...readCases,
  ...peopleCases,
  ...tierCases,
]
