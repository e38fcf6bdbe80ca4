import type { CheckpointPolicy } from '../views/stream.js';
import type { StateClock } from './backend.js';
import type { KeyedState } from './keyed-state.js';
import type { Operator, ProcessRecord } from './operator.js';
import type { PartStore } from './parts.js';
import type { TransactionalSink } from './sink.js';
import type { Source } from './source.js';

/** What a processor is made of. */
export interface ProcessorOptions<R, O> {
  /** Name of the operator, which is the only one of its stream. */
  readonly operator: string;
  /** What is read. */
  readonly source: Source<R>;
  /** What is written. */
  readonly sink: TransactionalSink<O>;
  /** Where the parts of the state are kept. */
  readonly parts: PartStore;
  /** Called at every start with the state as it is restored; what it gives is called with each record. Whatever is to survive belongs into the state. */
  readonly process: (state: KeyedState) => ProcessRecord<R, O> | Operator<R, O>;
  /** When checkpoints are made, and how many are kept. */
  readonly policy?: Partial<CheckpointPolicy> | undefined;
  /** Groups into which all keys fall; 128 if left out. */
  readonly keyGroups?: number | undefined;
  /** How long the lease is, in milliseconds: who is killed is replaced after that. That of the store's handle if left out. */
  readonly leaseMs?: number | undefined;
  /** How long to wait when the source has nothing, in milliseconds; 20 if left out. */
  readonly idleMs?: number | undefined;
  /** Aborted checkpoints after each other, without a completed one, after which {@link ExactlyOnceProcessor.run} gives up; 3 if left out. */
  readonly maxRollbacks?: number | undefined;
  /** By what entries of the state expire; the clock of the system if left out. */
  readonly clock?: StateClock | undefined;
}

/** What a processor has done since it was made. What was rolled back is counted, too. */
export interface ProcessorStatistics {
  /** Records read. */
  readonly records: number;
  /** Outputs written. */
  readonly outputs: number;
  /** Checkpoints completed. */
  readonly checkpoints: number;
  /** Times that it went back to the last checkpoint. */
  readonly rollbacks: number;
}
