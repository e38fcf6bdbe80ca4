import { type Ran, runCase } from './case.js';
import { difference } from './difference.js';
import type { Blow, Plan } from './fate.js';
import type { Life } from './life.js';
import { DOUBLE_CRASHES } from './limits.js';
import { type CaseKind, type Failure, Report, tell } from './report.js';
import { sample } from './sample.js';

/** What is tried, and what is expected. */
export interface CrashTestOptions<S, R> {
  /** Makes an empty sink, for each case anew. */
  readonly sink: () => S | Promise<S>;
  /**
   * The work of one process. It is called again after each death, with the same store and the same sink. It must cope with that as it must
   * in production: resume its run, and wait for what somebody else holds (`beginOrWait`, which takes no time here).
   */
  readonly pipeline: (life: Life, sink: S) => Promise<unknown>;
  /** Reads what is in the sink. */
  readonly rows: (sink: S) => Iterable<R> | Promise<Iterable<R>>;
  /** The rows that must be in the sink in the end, in any order. */
  readonly expected: Iterable<R>;
  /** Lets a row be there more than once: for sinks that give at-least-once. A lost row is never allowed. */
  readonly allowDuplicates?: boolean | undefined;
  /** How many double crashes (the second one during the recovery from the first) are tried, of all that there are; 100 if left out. */
  readonly doubleCrashes?: number | undefined;
  /** Draws other double crashes, and other ids that are made up. */
  readonly seed?: number | undefined;
  /** Lets go of a sink. */
  readonly dispose?: ((sink: S) => void | Promise<void>) | undefined;
}

/**
 * Tries a pipeline under every crash, pause and doubt: first undisturbed, then with a death and a pause at each point, with doubt about each
 * append, and with pairs of deaths.
 */
export async function crashTest<S, R>(options: CrashTestOptions<S, R>): Promise<Report> {
  const test = new CrashTest(options);
  await test.run();
  return test.report();
}

class CrashTest<S, R> {
  readonly #options: CrashTestOptions<S, R>;
  readonly #seed: number;
  readonly #expected: readonly R[];
  readonly #tried: Record<CaseKind, number> = { undisturbed: 0, crash: 0, pause: 0, doubt: 0, 'double-crash': 0 };
  readonly #failures: Failure[] = [];
  #lost = 0;
  #doubled = 0;

  constructor(options: CrashTestOptions<S, R>) {
    this.#options = options;
    this.#seed = options.seed ?? 0;
    this.#expected = [...options.expected];
  }

  report(): Report {
    return new Report({ tried: this.#tried, lost: this.#lost, doubled: this.#doubled, failures: this.#failures });
  }

  async run(): Promise<void> {
    const undisturbed = await this.#run('undisturbed', []);
    if (this.#failures.length > 0) return;
    const recoveries = await this.#runEach('crash', 'death');
    await this.#runEach('pause', 'pause');
    for (const [at, { append }] of undisturbed.lives[0]?.fate.points.entries() ?? []) {
      if (append !== undefined) await this.#run('doubt', [{ at, blow: 'doubt' }]);
    }
    const pairs = recoveries.flatMap((points, first) =>
      Array.from({ length: points }, (_, second) => [death(first), death(second)]),
    );
    const wanted = this.#options.doubleCrashes ?? DOUBLE_CRASHES;
    for (const pair of sample(pairs, wanted, this.#seed)) await this.#run('double-crash', pair);
  }

  /** A blow at each point of the first life. Gives how many points each second life had. */
  async #runEach(kind: CaseKind, blow: Blow): Promise<number[]> {
    const recoveries: number[] = [];
    for (;;) {
      const { lives } = await this.#run(kind, [{ at: recoveries.length, blow }]);
      // Then that life had come to its end before the blow fell.
      if (lives[0]?.fate.struck !== true) return recoveries;
      recoveries.push(lives[1]?.fate.points.length ?? 0);
    }
  }

  async #run(kind: CaseKind, plans: readonly Plan[]): Promise<Ran> {
    const { sink: makeSink, pipeline, rows, allowDuplicates, dispose } = this.#options;
    const sink = await makeSink();
    try {
      const ran = await runCase((life) => pipeline(life, sink), this.#seed, plans);
      if (!plans.every((_, index) => ran.lives[index]?.fate.struck)) return ran;
      this.#tried[kind] += 1;
      const found = difference(this.#expected, await rows(sink));
      this.#lost += found.lost.length;
      this.#doubled += found.doubled.length;
      const isWrong = found.lost.length + found.stray.length > 0 || (!allowDuplicates && found.doubled.length > 0);
      if (isWrong || !ran.recovered) this.#failures.push(await tell(kind, plans, ran, found));
      return ran;
    } finally {
      await dispose?.(sink);
    }
  }
}

function death(at: number): Plan {
  return { at, blow: 'death' };
}
