import { text } from './check.js';
import { type Connection, submit } from './connection.js';
import { Hwm } from './hwm.js';
import type { Operation } from './operations/operation.js';
import { PipelineReads } from './pipeline-reads.js';
import { type Moment, momentToWire } from './views/moment.js';

/** An HWM as it was at a moment. */
export type HwmAt = Pick<Hwm, 'name' | 'get' | 'history' | 'position'>;

/**
 * A pipeline as it was at a moment of its past. It can only be read: {@link Pipeline.revert} makes it the present again, and
 * {@link Pipeline.forkFrom} goes on from it elsewhere. Made by {@link Pipeline.at}.
 *
 * Reading is refused as `invalid` when the moment was not reached yet, or when the store no longer holds what it would take; the
 * error says which is the oldest version that can be read.
 */
export class PipelineAt extends PipelineReads {
  /** The moment. */
  readonly moment: Moment;
  readonly #connection: Connection;

  /** @internal */
  constructor(connection: Connection, moment: Moment) {
    const past = { ...connection, at: momentToWire(moment) };
    super(past);
    this.#connection = past;
    this.moment = moment;
  }

  /** The HWM with this name: nothing is asked yet. */
  hwm(name: string): HwmAt {
    return new Hwm(this.#connection, text(name, 'the name of an HWM'));
  }

  /** Several reads that are answered from the same state. */
  async submit<const T extends readonly Operation<unknown>[]>(
    operations: T,
  ): Promise<{ -readonly [K in keyof T]: T[K] extends Operation<infer R> ? R : never }> {
    return submit(this.#connection, operations);
  }
}
