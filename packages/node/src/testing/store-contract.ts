import type { ContractCase } from '@analytics/protocol/testing'
import { deadLetterCases } from './store-contract/dead-letters.js'
import { filterCases } from './store-contract/filters.js'
import { firstSeenCases } from './store-contract/first-seen.js'
import { insertCases } from './store-contract/insert.js'
import { largeCases } from './store-contract/large.js'
import { leaseCases } from './store-contract/leases.js'
import { peopleCases } from './store-contract/people.js'
import { privacyCases } from './store-contract/privacy.js'
import { readCases } from './store-contract/read.js'
import { recordCases } from './store-contract/records.js'
import { recoveryCases } from './store-contract/recovery.js'
import { rollupCases } from './store-contract/rollups.js'
import { sealCases } from './store-contract/seals.js'
import { sessionCases } from './store-contract/sessions.js'
import type { StoreContext } from './store-contract/support.js'
import { textCases } from './store-contract/text.js'
import { timeCases } from './store-contract/times.js'

/** What every hot store does. Each case gets a fresh store; `requires` names a capability. */
export const storeContract: readonly ContractCase<StoreContext>[] = [
  ...insertCases,
  ...largeCases,
  ...textCases,
  ...timeCases,
  ...readCases,
  ...filterCases,
  ...sealCases,
  ...peopleCases,
  ...sessionCases,
  ...firstSeenCases,
  ...rollupCases,
  ...privacyCases,
  ...deadLetterCases,
  ...recordCases,
  ...leaseCases,
  ...recoveryCases,
]
