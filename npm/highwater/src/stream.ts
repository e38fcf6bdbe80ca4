import { ask, type Connection, type SubmitOptions } from './connection.js';
import type { ByHand } from './operations/hwms.js';
import {
  abortCheckpoint,
  type Acknowledgement,
  acknowledgeCheckpoint,
  type CheckpointFilter,
  type CheckpointRef,
  declareStream,
  deleteCheckpoint,
  describeCheckpoint,
  describeStream,
  listCheckpoints,
  reclaimState,
  type RestoreOptions,
  restoreStream,
  settleTransactions,
  type StreamSpec,
  type TransactionRef,
  triggerCheckpoint,
  type TriggerOptions,
  type UnderLease,
} from './operations/streams.js';
import { pages } from './pages.js';
import type { Done } from './views/shared.js';
import type {
  Acknowledged,
  CheckpointView,
  Reclaimable,
  StreamRestored,
  StreamView,
  Triggered,
  TriggerWait,
} from './views/stream.js';

/** The stream of a pipeline: its operators, and their checkpoints. Nothing is asked until a method is called. */
export class Stream {
  readonly #connection: Connection;

  /** @internal */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Declares its operators and its policy. The same again changes nothing. */
  async declare(spec: StreamSpec, options?: SubmitOptions): Promise<Done> {
    return ask(this.#connection, declareStream(spec), options);
  }

  /** What it is, what is under way, and what sinks have to settle; nothing if it is not declared. */
  async describe(options?: SubmitOptions): Promise<StreamView | undefined> {
    return ask(this.#connection, describeStream(), options);
  }

  /** Starts it from a checkpoint: what was under way is aborted, and the positions are put where the checkpoint has them. */
  async restore(from: CheckpointRef = 'latest', how: RestoreOptions = {}): Promise<StreamRestored> {
    return ask(this.#connection, restoreStream(from, how));
  }

  /** Begins a checkpoint, or says when to ask again. */
  async trigger(how: TriggerOptions = {}): Promise<Triggered | TriggerWait> {
    return ask(this.#connection, triggerCheckpoint(how));
  }

  /** Hands over what sub-tasks have at the barrier of a checkpoint. The last one completes it. */
  async acknowledge(
    checkpoint: bigint | number,
    acknowledgements: readonly Acknowledgement[],
    { lease, ...options }: UnderLease & SubmitOptions = {},
  ): Promise<Acknowledged> {
    return ask(this.#connection, acknowledgeCheckpoint(checkpoint, acknowledgements, { lease }), options);
  }

  /** Gives up a checkpoint that is under way. */
  async abort(
    checkpoint: bigint | number,
    reason: string,
    { actor, ...options }: Omit<ByHand, 'reason'> & SubmitOptions = {},
  ): Promise<Done> {
    return ask(this.#connection, abortCheckpoint(checkpoint, { reason, actor }), options);
  }

  /** One checkpoint with all that was handed over; nothing if the latest is asked for and there is none. */
  async checkpoint(checkpoint: CheckpointRef = 'latest', options?: SubmitOptions): Promise<CheckpointView | undefined> {
    return ask(this.#connection, describeCheckpoint(checkpoint), options);
  }

  /** Checkpoints, newest first, without what was handed over. */
  checkpoints(
    filter: Pick<CheckpointFilter, 'statuses' | 'limit'> = {},
  ): AsyncGenerator<CheckpointView, void, undefined> {
    return pages(async (cursor: bigint | undefined) => {
      const { checkpoints, next } = await ask(this.#connection, listCheckpoints({ ...filter, cursor }));
      return { entries: checkpoints, next };
    });
  }

  /** Deletes a completed checkpoint, savepoints too. */
  async delete(
    checkpoint: CheckpointRef,
    reason: string,
    { actor, ...options }: Omit<ByHand, 'reason'> & SubmitOptions = {},
  ): Promise<Done> {
    return ask(this.#connection, deleteCheckpoint(checkpoint, { reason, actor }), options);
  }

  /** Confirms that transactions of sinks are committed, or aborted, as their checkpoints were. Saying it again changes nothing. */
  async settle(transactions: readonly TransactionRef[], options?: SubmitOptions): Promise<Done> {
    return ask(this.#connection, settleTransactions(transactions), options);
  }

  /** Parts of states that nothing needs any more, after those are struck off that the caller has deleted. */
  async reclaim(deleted: readonly string[] = []): Promise<Reclaimable> {
    return ask(this.#connection, reclaimState(deleted));
  }
}
