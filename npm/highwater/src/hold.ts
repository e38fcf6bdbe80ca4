import { FencedError } from './errors.js';
import type { StopAsked } from './views/lease.js';

/** A lease in our hands, named or of an attempt, until it is given back or lost. @internal */
export class Hold {
  readonly lease: string;
  readonly token: bigint;
  /** How often it needs a beat, in milliseconds. */
  readonly beatMs: number;
  readonly #lost = new AbortController();
  #stopping = new AbortController();
  #stopAsked: StopAsked | undefined;
  #hasEnded = false;

  constructor(lease: string, token: bigint, beatMs: number) {
    this.lease = lease;
    this.token = token;
    this.beatMs = beatMs;
  }

  /** Aborted when it is known that somebody took over. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** That its holder is asked to let go of it, as the last beat said. */
  get stopAsked(): StopAsked | undefined {
    return this.#stopAsked;
  }

  /** Aborted when its holder is asked to let go of it. A new one is made when it is not asked any more. */
  get stopSignal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Takes in what a beat said. */
  askToStop(asked: StopAsked | undefined): void {
    if (this.#stopAsked !== undefined && asked === undefined) this.#stopping = new AbortController();
    this.#stopAsked = asked;
    if (asked !== undefined && !this.stopSignal.aborted) this.#stopping.abort(new Error(asked.reason));
  }

  /** Whether we still believe to hold it. */
  get isLive(): boolean {
    return !this.#hasEnded && !this.signal.aborted;
  }

  /** It was given back. */
  end(): void {
    this.#hasEnded = true;
  }

  /** Somebody took over. */
  fence(why = `\`${this.lease}\` was taken over by somebody else; stop, and leave the rest to them`): void {
    if (this.isLive) this.#lost.abort(new FencedError(why));
  }

  /** Does what the lease is for, and learns from its refusal. */
  async under<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof FencedError) this.fence(error.message);
      throw error;
    }
  }
}
