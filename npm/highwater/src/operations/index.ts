export {
  abortBatch,
  type BatchContent,
  type BatchFilter,
  commitBatch,
  declareSink,
  listBatches,
  prepareBatch,
  type Prepared,
} from './batches.js';
export * from './cadence.js';
export * from './coverage.js';
export * from './dead-letters.js';
export * from './history.js';
export * from './hwms.js';
export * from './late.js';
export * from './leases.js';
export * from './maintenance.js';
export * from './nodes.js';
export * from './partitions.js';
export { Operation } from './operation.js';
export * from './pipeline.js';
export * from './plans.js';
export { declareHwm, observeSource, type SourceBounds } from './positions.js';
export * from './runs.js';
export * from './streams.js';
