import type { Highwater } from '../highwater.js';
import { open } from '../open.js';
import type { Store } from '../stores/contract.js';
import { MemoryStore } from '../stores/memory.js';
import { TestClock } from './clock.js';
import { LEASE_MS } from './limits.js';

/** When every world begins: a Tuesday in November 2023. */
const BEGIN_MS = 1_700_000_000_000;

/** A store, a clock and chance: all that outlives a process. @internal */
export class World {
  readonly store = new MemoryStore();
  readonly clock = new TestClock(BEGIN_MS);
  readonly #seed: number;
  #engines = 0n;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Opens it through this store, which leads to ours. */
  open(worker: string, store: Store): Promise<Highwater> {
    const seeds = (): [bigint, bigint] => [BigInt(this.#seed), (this.#engines += 1n)];
    return open(store, { worker, leaseMs: LEASE_MS, clock: this.clock, seeds });
  }

  /** Whether there was something to do and nothing is left: there were runs, and all of them have ended. */
  async isFinished(): Promise<boolean> {
    const hw = await this.open('onlooker', this.store);
    let runs = 0n;
    for await (const id of hw.pipelines()) {
      const pipeline = await hw.pipeline(id).describe();
      if (pipeline.openRuns.length > 0) return false;
      runs += BigInt(pipeline.runs);
    }
    return runs > 0n;
  }
}
