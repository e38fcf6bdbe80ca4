import { ask, type Connection, guard } from './connection.js';
import { FencedError, InvalidError } from './errors.js';
import type { Hold } from './hold.js';
import { type Granted, releaseLease } from './operations/leases.js';

/** A lease that is ours. Beats go out as long as it lives; disposing of it gives it back. */
export class Lease implements AsyncDisposable, Disposable {
  /** So that it can be told from a lease that somebody else holds. */
  readonly kind = 'granted';
  /** Name. */
  readonly name: string;
  /** Fencing token: it grows at each hand-over. */
  readonly token: bigint;
  /** Worker from which it was taken over, if it was. */
  readonly takenFrom: string | undefined;
  readonly #connection: Connection;
  readonly #hold: Hold;
  #disposing: Promise<void> | undefined;

  /** @internal */
  constructor(connection: Connection, name: string, { token, leaseMs, takenFrom }: Granted) {
    this.#connection = connection;
    this.#hold = connection.heart.keep(name, token, leaseMs);
    this.name = name;
    this.token = token;
    this.takenFrom = takenFrom;
    guard(connection.guards, this);
  }

  /** Aborted when it is known that somebody took over. Its reason is a {@link FencedError}. */
  get signal(): AbortSignal {
    return this.#hold.signal;
  }

  /** True until it was given back or taken over. */
  get isLive(): boolean {
    return this.#hold.isLive;
  }

  /** Gives it back. */
  async release(): Promise<void> {
    if (!this.isLive) return;
    await this.#hold.under(ask(this.#connection, releaseLease(this)));
    this.#hold.end();
  }

  /** Gives it back. If that is not possible, it runs out by itself, and a notice says so. */
  [Symbol.asyncDispose](): Promise<void> {
    return (this.#disposing ??= this.#dispose());
  }

  /** As with `await using`, but in the background; {@link Highwater.close} waits for it. */
  [Symbol.dispose](): void {
    void this[Symbol.asyncDispose]();
  }

  async #dispose(): Promise<void> {
    try {
      await this.release();
    } catch (error) {
      if (error instanceof FencedError || error instanceof InvalidError) return;
      this.#connection.onNotice({
        level: 'warn',
        pipeline: this.#connection.pipeline,
        code: 'lease-not-released',
        message: `lease \`${this.name}\` could not be given back: ${(error as Error).message}`,
      });
    } finally {
      this.#hold.end();
    }
  }
}
