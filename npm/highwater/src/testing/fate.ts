import { POINTS_PER_LIFE } from './limits.js';

/** A moment at which a process may die, stand still, or be left in doubt. @internal */
export interface Point {
  /** Before the request had its effect, after that but before its answer, or where the pipeline marked it. */
  readonly moment: 'before' | 'after' | 'marked';
  /** The request, or the name that the pipeline gave to the point. */
  readonly what: string;
  /** If it writes a record: where, and which. There may be doubt whether it did. */
  readonly append?: Appending | undefined;
}

/** A record on its way. @internal */
export interface Appending {
  readonly key: string;
  readonly version: bigint;
  readonly bytes: Uint8Array;
}

/**
 * What happens at a point: the process dies; it stands still until the next one is done, as a virtual machine that is paused does; or the
 * store says that it does not know whether the append happened, and nobody dies. @internal
 */
export type Blow = 'death' | 'pause' | 'doubt';

/** A blow, and the number of the point (from 0) where it falls. @internal */
export interface Plan {
  readonly at: number;
  readonly blow: Blow;
}

/** What happens to one life, and when. @internal */
export class Fate {
  /** The points that it came by. */
  readonly points: Point[] = [];
  /** The plan came true. */
  struck = false;
  readonly #plan: Plan | undefined;
  readonly #death = new AbortController();
  #stage: 'alive' | 'stopped' | 'dead' = 'alive';
  #isEndless = false;
  /** Who waits for it to stop, or to go on. */
  #waiting: (() => void)[] = [];

  constructor(plan: Plan | undefined) {
    this.#plan = plan;
  }

  /** Aborted when it is dead. */
  get signal(): AbortSignal {
    return this.#death.signal;
  }

  /** Whether it stands still, and can go on. */
  get isPaused(): boolean {
    return this.#stage === 'stopped' && this.#plan?.blow === 'pause' && !this.#isEndless;
  }

  /** Comes by a point. While the process stands still this is not fulfilled, and after its death never. */
  async reach(point: Point): Promise<'go on' | 'doubt'> {
    await this.#whileStopped();
    const blow = this.#pass(point);
    if (blow === 'doubt') return 'doubt';
    await this.#whileStopped();
    return 'go on';
  }

  /** Fulfilled when it has stopped. */
  async stopped(): Promise<void> {
    while (this.#stage === 'alive') await this.#change();
  }

  /** After a pause. */
  resume(): void {
    this.#enter('alive');
  }

  /** From now on nothing of it goes on. */
  bury(): void {
    this.#enter('dead');
    this.#death.abort();
  }

  #pass(point: Point): Blow | undefined {
    const planned = this.points.push(point) - 1 === this.#plan?.at ? this.#plan.blow : undefined;
    this.struck ||= planned !== undefined;
    this.#isEndless ||= this.points.length > POINTS_PER_LIFE;
    const blow = this.#isEndless ? 'death' : planned;
    if (blow === 'death' || blow === 'pause') this.#enter('stopped');
    return blow;
  }

  async #whileStopped(): Promise<void> {
    while (this.#stage !== 'alive') await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #enter(stage: 'alive' | 'stopped' | 'dead'): void {
    this.#stage = stage;
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
