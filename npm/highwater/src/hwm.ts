import { ask, type Connection, type SubmitOptions } from './connection.js';
import {
  type ByHand,
  deleteHwm,
  getHwm,
  hwmHistory,
  rewindHwm,
  setHwms,
  type SetHwmsOptions,
} from './operations/hwms.js';
import type { ValueInput } from './values/value.js';
import type { HwmChange, HwmsSet, HwmView, Rewound } from './views/hwm.js';
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
  async set(value: ValueInput, { cast, lease, ...options }: SetHwmsOptions & SubmitOptions = {}): Promise<HwmsSet> {
    return ask(this.#connection, setHwms(new Map([[this.name, value]]), { cast, lease }), options);
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

  /** Its values, newest first; the first one is the present one. */
  async history(options?: SubmitOptions): Promise<HwmChange[]> {
    return ask(this.#connection, hwmHistory(this.name), options);
  }

  /** Deletes it. */
  async delete(reason: string, { actor, ...options }: Omit<ByHand, 'reason'> & SubmitOptions = {}): Promise<Done> {
    return ask(this.#connection, deleteHwm(this.name, { reason, actor }), options);
  }
}
