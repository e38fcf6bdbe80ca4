/**
 * Operators with state, and streams that process each record once. Begin with {@link ExactlyOnceProcessor}, or with {@link KeyedState}
 * and {@link AlignedInput} to make your own.
 *
 * @packageDocumentation
 */
export { AlignedInput, type AlignedInputOptions, type AlignedItem } from './aligned-input.js';
export type { StateClock } from './backend.js';
export { type Codec, jsonCodec } from './codec.js';
export { FileParts } from './file-parts.js';
export { keyGroup, type KeyGroupRange, keyGroupRange } from './key-group.js';
export { KeyedState, type KeyedSnapshot, type KeyedStateOptions, type KeyedStatistics } from './keyed-state.js';
export { ListState } from './list-state.js';
export { MapState, type MapViewOptions } from './map-state.js';
export { MemoryParts, type PartStore } from './parts.js';
export type { Operator, ProcessRecord } from './operator.js';
export type { ProcessorOptions, ProcessorStatistics } from './processor-options.js';
export { ExactlyOnceProcessor } from './processor.js';
export { reclaim } from './reclaim.js';
export type { TransactionalSink } from './sink.js';
export type { Source, SourceRecord } from './source.js';
export type { StateStatistics } from './table.js';
export { type ValueBatch, ValueState, type ViewOptions } from './value-state.js';
