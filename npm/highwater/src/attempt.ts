import { ask, type Connection, guard, type SubmitOptions } from './connection.js';
import { type AskUnderHold, Delivery } from './delivery.js';
import { FencedError, InvalidError } from './errors.js';
import type { Hold } from './hold.js';
import { abortBatch, type BatchContent, commitBatch, prepareBatch } from './operations/batches.js';
import { describeCoverage } from './operations/coverage.js';
import { buryItems, type DeadItem, listDeadLetters, settleDeadLetters } from './operations/dead-letters.js';
import {
  type FailureAnswer,
  failAttempt,
  type Go,
  handBackAttempt,
  type HandBackOptions,
  type Progress,
  reportProgress,
  succeedAttempt,
  type Success,
} from './operations/nodes.js';
import type { PartitionOutcome } from './operations/partitions.js';
import type { BatchView } from './views/batch.js';
import type { Interval } from './views/coverage.js';
import type { DeadLetter } from './views/dead-letter.js';
import type { StopAsked } from './views/lease.js';
import type { Counts, CountsInput, Done, ErrorRecord, Reason } from './views/shared.js';

/** Most claims that are read at once. */
const CLAIMS_PER_PAGE = 10_000;

/** What is said of an attempt that failed, beside the error. */
export interface FailOptions {
  /** Totals of the attempt; left out, those reported last stay. */
  readonly counts?: CountsInput | undefined;
  /** What became of partitions all the same. What else it was handed has failed, unless it was done before. */
  readonly partitions?: readonly PartitionOutcome[] | undefined;
}

/**
 * An attempt of a node that is ours. Beats go out as long as it lives.
 *
 * It ends with {@link Attempt.succeed} or {@link Attempt.fail}. One that is disposed of before it ended is reported as
 * failed, with the class `dropped`: work never counts as done by accident. If the process dies, it counts as crashed once
 * its lease has run out.
 */
export class Attempt implements AsyncDisposable, Disposable {
  /** Id of the run. */
  readonly run: string;
  /** Name of the node. */
  readonly node: string;
  /** Its number in the run, from 1. */
  readonly number: number;
  /**
   * Its fencing token. A sink that keeps it and refuses writes with a lower one is safe from workers that were thought
   * dead.
   */
  readonly token: bigint;
  /** Name of the lease behind it. */
  readonly lease: string;
  /** Why it runs. */
  readonly reason: Reason;
  /** The state that an earlier attempt of this run left with {@link Attempt.progress}. */
  readonly state: Uint8Array | undefined;
  /** The totals that the attempt before reported last. */
  readonly previous: Counts | undefined;
  /**
   * Batches of this node, of whatever run, of which nobody knows whether the sink took them, oldest first. Ask the sink for each by
   * its key, in such a way that it takes none of them later, and commit or abort it.
   */
  readonly inDoubt: readonly BatchView[];
  /** The intervals to work on, if the node was begun to cover some: in order, and nobody else's while the attempt lives. */
  readonly intervals: readonly Interval[];
  /** The partitions to work on, if the node was begun with some: in the order of their keys, and nobody else's while the attempt lives. */
  readonly partitions: readonly string[];
  /** When it has failed if it has not ended before: by the deadline of its node or of its run, whichever is first. */
  readonly deadline: Date | undefined;
  readonly #partition: string | undefined;
  readonly #connection: Connection;
  readonly #hold: Hold;
  #reported: CountsInput | undefined;
  #ending: Promise<unknown> | undefined;
  #disposing: Promise<void> | undefined;

  /** @internal */
  constructor(connection: Connection, run: string, node: string, go: Go, leaseMs: number, partition?: string) {
    this.#connection = connection;
    this.#hold = connection.heart.keep(go.lease, go.token, leaseMs);
    this.run = run;
    this.node = node;
    this.number = go.attempt;
    this.token = go.token;
    this.lease = go.lease;
    this.reason = go.reason;
    this.state = go.state;
    this.previous = go.previous;
    this.inDoubt = go.inDoubt;
    this.intervals = go.intervals;
    this.partitions = go.partitions;
    this.deadline = go.deadline;
    this.#partition = partition;
    guard(connection.guards, this);
  }

  /** Aborted when it is known that somebody took over. Stop then: everything further is refused. Its reason is a {@link FencedError}. */
  get signal(): AbortSignal {
    return this.#hold.signal;
  }

  /**
   * That it is asked to stop at the next safe place, as the last beat said: its run is paused, or its worker shall stop. Nobody has
   * to: it may end as usual, or be {@link Attempt.handBack handed back}.
   */
  get stopAsked(): StopAsked | undefined {
    return this.#hold.stopAsked;
  }

  /** Aborted when it is asked to stop at the next safe place; what it was asked says {@link Attempt.stopAsked}. */
  get stopSignal(): AbortSignal {
    return this.#hold.stopSignal;
  }

  /** True until it ended or was taken over. */
  get isLive(): boolean {
    return this.#hold.isLive;
  }

  /** Reports how far it is. Counts are totals so far, not increments; left out, they stay as they were. */
  async progress(progress: Progress, options?: SubmitOptions): Promise<Done> {
    const counts = progress.counts ?? this.#reported ?? {};
    const reported = { partition: this.#partition, ...progress, counts };
    const done = await this.#hold.under(ask(this.#connection, reportProgress(this, reported), options));
    this.#reported = counts;
    return done;
  }

  /** Writes down what the sink is to take at once, before it does. Refused while a batch of this node is in doubt. */
  async prepare(content: BatchContent = {}, options?: SubmitOptions): Promise<Delivery> {
    const ask = this.#underHold;
    return new Delivery(this, ask, await ask(prepareBatch(this, { partition: this.#partition, ...content }), options));
  }

  /** The sink has a batch that was in doubt. Its intervals are done then, and {@link Attempt.intervalsLeft} has them no more. */
  async commitInDoubt({ batch }: BatchView, receipt?: string, options?: SubmitOptions): Promise<Done> {
    return this.#underHold(commitBatch(batch, this, receipt), options);
  }

  /** The sink has not got a batch that was in doubt, and never will. */
  async abortInDoubt({ batch }: BatchView, reason: string, options?: SubmitOptions): Promise<Done> {
    return this.#underHold(abortBatch(batch, this, reason), options);
  }

  /**
   * What is left of its {@link Attempt.intervals}, as the engine knows it: not what it has reported as done, and not what batches that
   * were in doubt turned out to have done.
   */
  async intervalsLeft(options?: SubmitOptions): Promise<Interval[]> {
    const [first, last] = [this.intervals[0], this.intervals.at(-1)];
    const left: Interval[] = [];
    if (first === undefined || last === undefined) return left;
    for (let from = first.start; ;) {
      const wanted = { partition: this.#partition, from, to: last.end, limit: CLAIMS_PER_PAGE };
      const { claims } = await ask(this.#connection, describeCoverage(this.node, wanted), options);
      left.push(...claims.filter(({ token }) => token === this.token).map(({ start, end }) => ({ start, end })));
      const furthest = claims.at(-1);
      if (claims.length < CLAIMS_PER_PAGE || furthest === undefined || furthest.end >= last.end) return left;
      from = furthest.end;
    }
  }

  /** Ends it well, and moves HWMs in the same record. What it was handed to cover and has not marked is done then. */
  async succeed(success: Success = {}, options?: SubmitOptions): Promise<Done> {
    const reported = { partition: this.#partition, ...success };
    return this.#end(() => ask(this.#connection, succeedAttempt(this, reported), options));
  }

  /**
   * Ends it badly. The answer says whether there will be another one, and when: the node's retry policy decides.
   * @param error - an `Error` gives its name as the class that policies match on, its message and its stack.
   */
  async fail(
    error: Error | string | ErrorRecord,
    { counts, partitions, ...options }: SubmitOptions & FailOptions = {},
  ): Promise<FailureAnswer> {
    return this.#end(() => ask(this.#connection, failAttempt(this, error, counts, partitions), options));
  }

  /**
   * Puts items aside that cannot be worked on, so that it can go on without them. They are kept until somebody settles them: the node
   * may count as done all the same. One of a key that was put aside before replaces it.
   */
  async bury(items: readonly DeadItem[], options?: SubmitOptions): Promise<Done> {
    return this.#underHold(buryItems(this, items), options);
  }

  /** The dead letters of its node that are to be worked on again, by key. */
  async requeued(options?: SubmitOptions): Promise<readonly DeadLetter[]> {
    const page = listDeadLetters({ node: this.node, requeued: true }, { limit: 10_000 });
    return (await ask(this.#connection, page, options)).letters;
  }

  /** It has worked on dead letters of its node: they are dropped. */
  async settle(keys: readonly string[], reason: string, options?: SubmitOptions): Promise<Done> {
    return this.#underHold(settleDeadLetters(this.node, keys, { reason, attempt: this }), options);
  }

  /** Ends it at a safe place, neither done nor failed: it counts for no failure, and the next attempt is handed the state. */
  async handBack(reason: string, { state, counts, ...options }: HandBackOptions & SubmitOptions = {}): Promise<Done> {
    return this.#end(() => ask(this.#connection, handBackAttempt(this, reason, { state, counts }), options));
  }

  /** Drops it without a word, as if the process had died here: the node is held until the lease has run out. */
  abandon(): void {
    this.#hold.end();
  }

  /** Reports it as failed, with the class `dropped`, unless it ended. What goes wrong with that is a notice. */
  [Symbol.asyncDispose](): Promise<void> {
    return (this.#disposing ??= this.#dispose());
  }

  /** As with `await using`, but in the background; {@link Highwater.close} waits for it. */
  [Symbol.dispose](): void {
    void this[Symbol.asyncDispose]();
  }

  readonly #underHold: AskUnderHold = (operation, options) =>
    this.#hold.under(ask(this.#connection, operation, options));

  async #dispose(): Promise<void> {
    // Whether an end that is under way gets through decides what is left to do.
    await this.#ending?.catch(() => {});
    if (!this.isLive) return;
    const message = 'the attempt was disposed of without saying how it ended';
    try {
      await this.fail({ class: 'dropped', message });
    } catch (error) {
      if (error instanceof FencedError || error instanceof InvalidError) return;
      this.#connection.onNotice({
        level: 'warn',
        pipeline: this.#connection.pipeline,
        code: 'attempt-not-released',
        message: `attempt ${this.number} of node \`${this.node}\` could not be given back: ${(error as Error).message}`,
      });
    } finally {
      this.#hold.end();
    }
  }

  async #end<T>(work: () => Promise<T>): Promise<T> {
    const ending = this.#hold.under(work());
    this.#ending = ending;
    const result = await ending;
    this.#hold.end();
    return result;
  }
}
