/**
 * Contract suites that any test runner can run over an adapter, as lists of named cases.
 * @packageDocumentation
 */
export { type ContractCase, type FaultHook, type FaultPhase, withFaults } from '@analytics/protocol/testing'
export { type QueueContext, queueContract } from './queue-contract.js'
export { sampleEvent, sampleEvents } from './sample-events.js'
export { SAMPLE_FILTERS } from './store-contract/sample-filters.js'
export type { StoreContext } from './store-contract/support.js'
export { storeContract } from './store-contract.js'
