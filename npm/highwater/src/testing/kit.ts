import type { Highwater } from '../highwater.js';
import { World } from './world.js';

/**
 * A store in memory and a clock that stands still, for as many workers as a test wants.
 *
 * Time passes when a test says so, and when a call waits (`beginOrWait`, `acquire`, the pauses of the engine): the clock jumps, nobody
 * sleeps. Whoever holds something beats meanwhile, as it would in a process of its own.
 */
export class TestKit {
  readonly #world: World;

  /** @param seed - chooses ids that are made up, and jitter. */
  constructor({ seed = 0 }: { readonly seed?: number } = {}) {
    this.#world = new World(seed);
  }

  /** A worker of this name, which no other one has, as in a process of its own, on the store and the clock of the kit. */
  async open(worker: string): Promise<Highwater> {
    const highwater = await this.#world.open(worker, this.#world.store);
    this.#world.clock.startHeart(highwater);
    return highwater;
  }

  /** Lets so much time pass, in milliseconds, with all beats in it. Nobody sleeps. */
  advance(byMs: number): Promise<void> {
    return this.#world.clock.advance(byMs);
  }

  /** What time it is, milliseconds since the Unix epoch. */
  now(): number {
    return this.#world.clock.now();
  }

  /** From now on this worker gives no sign of life, as if its process stood still: others may take over what it holds. */
  stopBeats(highwater: Highwater): void {
    this.#world.clock.stopHeart(highwater);
  }
}
