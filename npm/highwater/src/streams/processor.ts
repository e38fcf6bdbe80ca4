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
import type { StreamRestored, TransactionView } from '../views/stream.js';
import { KeyedState } from './keyed-state.js';
import type { Operator } from './operator.js';
import type { ProcessorOptions, ProcessorStatistics } from './processor-options.js';
import { reclaim } from './reclaim.js';

/** What there is while it runs. */
interface Running<R, O> {
  /** Which start of the stream it is. */
  readonly start: bigint;
  readonly state: KeyedState;
  readonly operator: Operator<R, O>;
  /** Where each partition goes on. */
  readonly positions: Map<string, Value>;
  /** Something was read since the last checkpoint: without it there is nothing to hand over. */
  hasRead: boolean;
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
      const { operator, leaseMs } = this.#options;
      // Rust takes the same one.
      const lease = await this.#pipeline.acquireLeaseOrWait(`stream/${operator}`, { leaseMs, signal });
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
    await sink.begin(restored.generation);
    this.#askAt = 0;
    const made = process(state);
    return {
      start: restored.generation,
      state,
      operator: typeof made === 'function' ? { process: made } : made,
      positions: new Map(restored.positions),
      hasRead: false,
    };
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
    const { source, idleMs } = this.#options;
    lease.signal.throwIfAborted();
    if (signal?.aborted) return false;
    const records = await source.read();
    if (records === undefined) {
      await this.#emitting(async (emit) => running.operator.end?.(emit));
      return false;
    }
    await this.#emitting(async (emit) => {
      for (const { partition, next, record } of records) {
        await running.operator.process(record, emit);
        running.positions.set(partition, next);
      }
    });
    this.#statistics.records += records.length;
    running.hasRead ||= records.length > 0;
    const isDue = (running.hasRead && Date.now() >= this.#askAt) || this.#savepoints.length > 0;
    const isMade = isDue && (await this.#checkpoint(running, lease, true));
    if (!isMade && records.length === 0) await pause(idleMs ?? 20);
    return true;
  }

  /** Writes what this work emits. */
  async #emitting(work: (emit: (output: O) => void) => Promise<void>): Promise<void> {
    const outputs: O[] = [];
    await work((output) => void outputs.push(output));
    if (outputs.length > 0) await this.#options.sink.write(outputs);
    this.#statistics.outputs += outputs.length;
  }

  /** What came after the last checkpoint is handed over before it ends. */
  async #lastCheckpoint(running: Running<R, O>, lease: Lease): Promise<void> {
    while (!(await this.#checkpoint(running, lease, false))) await pause(LAST_MS);
    while (this.#savepoints.length > 0) await this.#checkpoint(running, lease, false);
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
    running.state.complete(begun.checkpoint);
    await this.#commit(commit);
    await this.#options.sink.begin(running.start);
    await reclaim(this.#stream, this.#options.parts);
    this.#statistics.checkpoints += 1;
    this.#failures = 0;
    this.#askAt = 0;
    running.hasRead = false;
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
    await state.abort(checkpoint);
    if (transaction !== undefined) await sink.abort(transaction);
    throw new RolledBack(`checkpoint ${checkpoint}: ${status}`);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
