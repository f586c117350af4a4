/**
 * For testing adapters of tiering and what is built on it: contract suites that any runner can run, a hot tier in memory
 * and sample events.
 * @packageDocumentation
 */
export { type ContractCase, type FaultHook, type FaultPhase, withFaults } from '@analytics/protocol/testing'
export { type HotTierContext, hotTierContract } from './hot-tier-contract.js'
export { type MemoryHotTier, type MemoryHotTierOptions, memoryHotTier } from './memory-hot-tier.js'
export { type ObjectStoreContext, objectStoreContract } from './object-store-contract.js'
export type { FaultedRequest, OperationName, ServiceFault, ServiceFaults } from './oci/faults.js'
export { type OciServer, startOciServer } from './oci/server.js'
export {
  type HeldObject,
  type NewBucket,
  type OciService,
  type OciServiceOptions,
  ociService,
  type ServedRequest,
  type SigningKey,
} from './oci/service.js'
export { numberEvents, type SampleEventsOptions, sampleEvents, seededRandom } from './sample-events.js'
export { assertReadsLikeRows, type SegmentFormatContext, segmentFormatContract } from './segment-format-contract.js'
