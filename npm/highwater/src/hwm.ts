import { text } from './check.js';
import { ask, type Connection, type SubmitOptions } from './connection.js';
import type { answers } from './engine.js';
import {
  type ByHand,
  deleteHwm,
  getHwm,
  hwmHistory,
  rewindHwm,
  setHwms,
  type SetHwmsOptions,
} from './operations/hwms.js';
import { declareHwm, observeSource, positionsOnWire, type SourceBounds } from './operations/positions.js';
import { Reader } from './reader.js';
import type { ValueInput } from './values/value.js';
import type { HwmChange, HwmsSet, HwmView, Rewound } from './views/hwm.js';
import { type HwmSpec, type Position, position } from './views/position.js';
import type { Done } from './views/shared.js';

/** A high-water mark by its name: a typed position in a source. */
export class Hwm {
  /** Name. */
  readonly name: string;
  readonly #connection: Connection;

  /** @internal */
  constructor(connection: Connection, name: string) {
    this.#connection = connection;
    this.name = name;
  }

  /** Where it stands, or nothing if it was never set. */
  async get(options?: SubmitOptions): Promise<HwmView | undefined> {
    return ask(this.#connection, getHwm(this.name), options);
  }

  /** Moves it forward. The same value again changes nothing; a lower one is refused, and so is another type. */
  async set(
    value: ValueInput,
    { cast, lease, upTo, ...options }: SetHwmsOptions & SubmitOptions = {},
  ): Promise<HwmsSet> {
    return ask(this.#connection, setHwms(new Map([[this.name, value]]), { cast, lease, upTo }), options);
  }

  /** Moves it backwards on purpose. */
  async rewind(
    value: ValueInput,
    reason: string,
    {
      actor,
      dryRun,
      ...options
    }: Omit<ByHand, 'reason'> & { readonly dryRun?: boolean | undefined } & SubmitOptions = {},
  ): Promise<Rewound> {
    return ask(this.#connection, rewindHwm(this.name, value, { reason, actor, dryRun }), options);
  }

  /**
   * Declares how it is kept and read; the same declaration again changes nothing.
   *
   * ```ts
   * const hour = 3_600_000;
   * await pipeline.hwm('orders.updated_at').declare({ valueType: 'timestamp', lag: { mode: 'read-back', amount: hour } });
   * ```
   */
  async declare(spec: HwmSpec, options?: SubmitOptions): Promise<Done> {
    return ask(this.#connection, declareHwm(this.name, spec), options);
  }

  /** Says what its source has, so that {@link Hwm.position} tells when it has forgotten rows. */
  async observeSource(bounds: SourceBounds, options?: SubmitOptions): Promise<Done> {
    return ask(this.#connection, observeSource(this.name, bounds), options);
  }

  /** From where to where to read. Of an HWM that is kept per partition, where the one stands that is least far. */
  async position(options?: SubmitOptions): Promise<Position> {
    return position(await this.#position(options));
  }

  /** What tells new rows from rows that were loaded. */
  async reader(options?: SubmitOptions): Promise<Reader> {
    return new Reader(await this.#position(options));
  }

  /** The HWM of a partition, of one that was declared as kept per partition. */
  partition(key: string | number | bigint): Hwm {
    return new Hwm(this.#connection, text(`${this.name}[${key}]`, 'the name of an HWM'));
  }

  /** Its values, newest first; the first one is the present one. */
  async history(options?: SubmitOptions): Promise<HwmChange[]> {
    return ask(this.#connection, hwmHistory(this.name), options);
  }

  /** Deletes it. */
  async delete(reason: string, { actor, ...options }: Omit<ByHand, 'reason'> & SubmitOptions = {}): Promise<Done> {
    return ask(this.#connection, deleteHwm(this.name, { reason, actor }), options);
  }

  async #position(options?: SubmitOptions): Promise<answers.Position> {
    const [first] = await ask(this.#connection, positionsOnWire([this.name]), options);
    return first as answers.Position;
  }
}
