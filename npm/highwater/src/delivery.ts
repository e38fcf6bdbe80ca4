import type { Attempt } from './attempt.js';
import type { SubmitOptions } from './connection.js';
import { abortBatch, commitBatch, type Prepared } from './operations/batches.js';
import type { Operation } from './operations/operation.js';
import type { Done } from './views/shared.js';

/** @internal */
export type AskUnderHold = <T>(operation: Operation<T>, options?: SubmitOptions) => Promise<T>;

/**
 * A batch that is written down, and that its sink may take now. Made by {@link Attempt.prepare}.
 *
 * Give the sink the key with the rows, in one transaction where it has any. Then {@link Delivery.commit} says that it took them, and only
 * then the HWMs of the batch move. A process that dies in between leaves the batch in doubt: the next attempt finds it in
 * {@link Attempt.inDoubt}, asks the sink for the key, and commits or aborts it.
 */
export class Delivery {
  /** What the sink is to know the batch by; no two batches have the same. */
  readonly key: string;
  /** Its number: a fencing token, larger than every token before. A sink that keeps it refuses what comes late from others. */
  readonly token: bigint;
  readonly #attempt: Attempt;
  readonly #ask: AskUnderHold;

  /** @internal */
  constructor(attempt: Attempt, ask: AskUnderHold, { batch, key }: Prepared) {
    this.#attempt = attempt;
    this.#ask = ask;
    this.key = key;
    this.token = batch;
  }

  /** The sink took it: its HWMs move, and its state is that of the attempt, in one record. */
  async commit(receipt?: string, options?: SubmitOptions): Promise<Done> {
    return this.#ask(commitBatch(this.token, this.#attempt, receipt), options);
  }

  /** The sink did not take it, and will not. */
  async abort(reason: string, options?: SubmitOptions): Promise<Done> {
    return this.#ask(abortBatch(this.token, this.#attempt, reason), options);
  }
}
