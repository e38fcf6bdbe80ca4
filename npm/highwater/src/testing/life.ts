import type { Highwater } from '../highwater.js';
import type { Fate } from './fate.js';

/**
 * One life of the process: from its start to its end, or to its death.
 *
 * At its death the call that it waits for is never answered, so nothing after that runs, `catch` and `finally` included, just as in a
 * process that is killed. What it does at the same time elsewhere, without waiting for Highwater, goes on: it must not write to the sink.
 */
export class Life {
  /** 1 at first, and one more after each death. */
  readonly number: number;
  /** The state of the pipeline, opened anew in each life. */
  readonly highwater: Highwater;
  readonly #fate: Fate;

  /** @internal */
  constructor(number: number, highwater: Highwater, fate: Fate) {
    this.number = number;
    this.highwater = highwater;
    this.#fate = fate;
  }

  /** Aborted at its death: to let go of connections, as the system does for a process that is killed. Write nothing there. */
  get signal(): AbortSignal {
    return this.#fate.signal;
  }

  /**
   * A moment at which the process may die too, for example between two writes to a sink: each request to the store is one anyway.
   */
  async point(name: string): Promise<void> {
    await this.#fate.reach({ moment: 'marked', what: name });
  }
}
