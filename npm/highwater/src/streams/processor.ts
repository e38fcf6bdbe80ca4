// From a source through an operator with keyed state into a transactional sink: the effect of each record is in the state and in the sink once.
//
//   starting ──restored, in doubt finished, source put back──▶ running ──due──▶ at a barrier ──completed──▶ committing ──settled──▶ running
//      ▲                                                                            │
//      └──────────────────────────────────aborted: roll back───────────────────────┘
//
// A barrier stands between two records. What is handed over there (state, positions, transaction) becomes true in one record of the journal, or not
// at all; the sink commits after that. Whatever goes wrong, the way back is the same: `starting`.
import { options as checkOptions, text, uint32 } from '../check.js';
import { ConflictError, InvalidError } from '../errors.js';
import type { Lease } from '../lease.js';
import type { Pipeline } from '../pipeline.js';
import type { Stream } from '../stream.js';
import type { Value } from '../values/value.js';
import type { CheckpointPolicy, StreamRestored, TransactionView } from '../views/stream.js';
import type { StateClock } from './backend.js';
import { KeyedState } from './keyed-state.js';
import type { PartStore } from './parts.js';
import type { TransactionalSink } from './sink.js';
import type { Source } from './source.js';

/** What is done with each record: changes the state, and emits outputs. */
export type ProcessRecord<R, O> = (record: R, emit: (output: O) => void) => void | Promise<void>;

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
  readonly process: (state: KeyedState) => ProcessRecord<R, O>;
  /** When checkpoints are made, and how many are kept. */
  readonly policy?: Partial<CheckpointPolicy> | undefined;
  /** Groups into which all keys fall; 128 if left out. */
  readonly keyGroups?: number | undefined;
  /** Name of the lease under which it runs, so that there is one of it at a time; `stream` if left out. */
  readonly lease?: string | undefined;
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

/** What there is while it runs. */
interface Running<R, O> {
  readonly state: KeyedState;
  readonly process: ProcessRecord<R, O>;
  /** Where each partition goes on. */
  readonly positions: Map<string, Value>;
}

/** How often the last checkpoint is tried, while it may not be made yet. */
const LAST_MS = 20;

/** A savepoint that somebody wants. */
interface Wanted {
  readonly name: string;
  readonly made: (checkpoint: bigint) => void;
  readonly refused: (error: Error) => void;
}

/** A checkpoint was aborted by somebody or by its timeout. */
class RolledBack extends Error {}

/** Reads records, processes each once, and writes what comes of it. */
export class ExactlyOnceProcessor<R, O> {
  readonly #pipeline: Pipeline;
  readonly #stream: Stream;
  readonly #options: ProcessorOptions<R, O>;
  readonly #statistics = { records: 0, outputs: 0, checkpoints: 0, rollbacks: 0 };
  #isRunning = false;
  /** Parts that were deleted, and are still listed. */
  #deleted: readonly string[] = [];
  /** When to ask again whether a checkpoint is due. */
  #askAt = 0;
  readonly #savepoints: Wanted[] = [];
  /** Rollbacks since the last completed checkpoint. */
  #failures = 0;

  /** A processor for the stream of a pipeline. Nothing happens until it runs. */
  constructor(pipeline: Pipeline, options: ProcessorOptions<R, O>) {
    this.#pipeline = pipeline;
    this.#stream = pipeline.stream();
    this.#options = checkOptions(options, 'the options of the processor');
  }

  /** What it has done so far. */
  get statistics(): ProcessorStatistics {
    return { ...this.#statistics };
  }

  /**
   * Runs until the source has ended or `signal` is aborted, and makes a last checkpoint then. If it throws, the stream stands at its last checkpoint: run it again, here or elsewhere.
   */
  async run({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<ProcessorStatistics> {
    if (this.#isRunning) throw new InvalidError('the processor runs already; make another one for another stream');
    this.#isRunning = true;
    try {
      const { lease: name = 'stream', leaseMs } = this.#options;
      const lease = await this.#pipeline.acquireLeaseOrWait(name, { leaseMs, signal });
      try {
        while (!(await this.#live(lease, signal)));
      } finally {
        await lease[Symbol.asyncDispose]();
      }
      return this.statistics;
    } finally {
      this.#isRunning = false;
    }
  }

  /** Has the next checkpoint kept under this name until somebody deletes it. Resolves with its number when it is completed, if need be in a later run. */
  savepoint(name: string): Promise<bigint> {
    return new Promise((made, refused) => {
      this.#savepoints.push({ name: text(name, 'the name of the savepoint'), made, refused });
    });
  }

  /** From a start to the end, or to a checkpoint that was aborted: then it is false. */
  async #live(lease: Lease, signal: AbortSignal | undefined): Promise<boolean> {
    const running = await this.#start(lease);
    try {
      while (await this.#pass(running, lease, signal));
      await this.#lastCheckpoint(running, lease);
      return true;
    } catch (error) {
      if (!(error instanceof RolledBack)) throw error;
      this.#statistics.rollbacks += 1;
      this.#failures += 1;
      if (this.#failures < uint32(this.#options.maxRollbacks ?? 3, '`maxRollbacks`')) return false;
      throw new ConflictError(
        `${this.#failures} checkpoints after each other were aborted, the last because ${error.message}; see why with ` +
          '`highwater checkpoint list`, then run the processor again',
        { cause: error },
      );
    }
  }

  async #start(lease: Lease): Promise<Running<R, O>> {
    const { operator, parts, clock, keyGroups, policy, source, sink, process } = this.#options;
    await this.#stream.declare({ operators: { [operator]: 1 }, keyGroups, policy });
    const restored = await this.#stream.restore('latest', { lease });
    await this.#finishInDoubt(restored);
    const state = await KeyedState.restore(restored, { operator, parts, clock });
    await source.seek(restored.positions);
    await sink.begin();
    this.#askAt = 0;
    return { state, process: process(state), positions: new Map(restored.positions) };
  }

  /** What was handed over before, and is decided, and of which nobody knows whether the sink has done it. */
  async #finishInDoubt({ commit, abort }: StreamRestored): Promise<void> {
    const other = [...commit, ...abort].find(({ operator }) => operator !== this.#options.operator);
    if (other !== undefined) {
      throw new InvalidError(
        `operator \`${other.operator}\` has a transaction of checkpoint ${other.checkpoint} to settle, and this processor ` +
          `is \`${this.#options.operator}\`; run the old one once more, or settle it by hand`,
      );
    }
    for (const { transaction } of abort) await this.#options.sink.abort(transaction);
    await this.#commit(commit);
    if (abort.length > 0) await this.#stream.settle(abort);
  }

  async #commit(transactions: readonly TransactionView[]): Promise<void> {
    for (const { transaction } of transactions) await this.#options.sink.commit(transaction);
    if (transactions.length > 0) await this.#stream.settle(transactions);
  }

  /** Reads and processes some records, and makes a checkpoint if one is due; false when it is over. */
  async #pass(running: Running<R, O>, lease: Lease, signal: AbortSignal | undefined): Promise<boolean> {
    const { source, sink, idleMs } = this.#options;
    lease.signal.throwIfAborted();
    if (signal?.aborted) return false;
    const records = await source.read();
    if (records === undefined) return false;
    const outputs: O[] = [];
    const emit = (output: O): void => void outputs.push(output);
    for (const { partition, next, record } of records) {
      await running.process(record, emit);
      running.positions.set(partition, next);
    }
    if (outputs.length > 0) await sink.write(outputs);
    this.#statistics.records += records.length;
    this.#statistics.outputs += outputs.length;
    const isDue = Date.now() >= this.#askAt || this.#savepoints.length > 0;
    const isMade = isDue && (await this.#checkpoint(running, lease, true));
    if (!isMade && records.length === 0) await pause(idleMs ?? 20);
    return true;
  }

  /** What came after the last checkpoint is handed over before it ends. */
  async #lastCheckpoint(running: Running<R, O>, lease: Lease): Promise<void> {
    while (!(await this.#checkpoint(running, lease, false))) await pause(LAST_MS);
    while (this.#savepoints.length > 0) await this.#checkpoint(running, lease, false);
    while (this.#deleted.length > 0) await this.#reclaim();
  }

  /** Makes a checkpoint; false if there can be none now. */
  async #checkpoint(running: Running<R, O>, lease: Lease, ifDue: boolean): Promise<boolean> {
    const wanted = this.#savepoints[0];
    const how = wanted === undefined ? { ifDue } : { savepoint: wanted.name };
    const begun = await this.#stream.trigger({ lease, ...how }).catch((error: unknown) => {
      if (wanted === undefined || !(error instanceof InvalidError || error instanceof ConflictError)) throw error;
      this.#savepoints.shift()?.refused(error);
    });
    if (begun === undefined) return false;
    if (begun.kind === 'wait') {
      this.#askAt = begun.until?.getTime() ?? Infinity;
      return false;
    }
    const commit = await this.#handOver(begun.checkpoint, running, lease);
    running.state.completed(begun.checkpoint);
    await this.#commit(commit);
    await this.#options.sink.begin();
    await this.#reclaim();
    this.#statistics.checkpoints += 1;
    this.#failures = 0;
    this.#askAt = 0;
    if (wanted !== undefined) this.#savepoints.shift();
    wanted?.made(begun.checkpoint);
    return true;
  }

  /** Everything there is at this barrier, in one acknowledgement. */
  async #handOver(
    checkpoint: bigint,
    { state, positions }: Running<R, O>,
    lease: Lease,
  ): Promise<readonly TransactionView[]> {
    const { sink } = this.#options;
    let transaction: Uint8Array | undefined;
    let status: string;
    try {
      const snapshot = await state.snapshot(checkpoint);
      transaction = await sink.preCommit();
      const acknowledged = await this.#stream.acknowledge(checkpoint, [{ ...snapshot, positions, transaction }], {
        lease,
      });
      if (acknowledged.status === 'completed') return acknowledged.commit;
      status = acknowledged.status;
    } catch (error) {
      // Only a conflict says for certain that the checkpoint was not completed. After any other error the next start finds out.
      if (!(error instanceof ConflictError)) throw error;
      status = error.message;
    }
    await state.aborted(checkpoint);
    if (transaction !== undefined) await sink.abort(transaction);
    throw new RolledBack(`checkpoint ${checkpoint}: ${status}`);
  }

  /** Deletes parts that no checkpoint needs any more, and says which were deleted before. */
  async #reclaim(): Promise<void> {
    const { parts } = await this.#stream.reclaim(this.#deleted);
    this.#deleted = parts.map(({ name }) => name);
    for (const name of this.#deleted) await this.#options.parts.delete(name);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
