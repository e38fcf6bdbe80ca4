import type { Lived, Ran } from './case.js';
import type { Difference } from './difference.js';
import type { Plan, Point } from './fate.js';
import { FAILURES_SHOWN, ROWS_SHOWN, STEPS_SHOWN } from './limits.js';
import { factsOf } from './facts.js';

/**
 * What was done to the pipeline:
 *
 * - `undisturbed`: nothing
 * - `crash`: the process died, and was started again
 * - `pause`: the process stood still, another one took over and went to the end, then the first one went on
 * - `doubt`: the store did not know whether an append had happened
 * - `double-crash`: the process died, and the next one died too
 */
export type CaseKind = 'undisturbed' | 'crash' | 'pause' | 'doubt' | 'double-crash';

const DEEDS: Readonly<Record<CaseKind, string>> = {
  undisturbed: 'undisturbed',
  crash: 'killed',
  pause: 'stood still',
  doubt: 'the answer was lost',
  'double-crash': 'killed twice',
};

/** A case that went wrong. */
export interface Failure extends Difference {
  /** What was done to the pipeline. */
  readonly kind: CaseKind;
  /** Whether it came to an end. */
  readonly recovered: boolean;
  /** What happened, for people. */
  readonly story: string;
}

/** What was tried, and what went wrong. */
export class Report {
  /** How many cases of each kind were tried. Of `crash`: how many points there are. */
  readonly tried: Readonly<Record<CaseKind, number>>;
  /** Rows that were lost, in all cases together. */
  readonly lost: number;
  /** Rows that were there too often, in all cases together, also where that is allowed. */
  readonly doubled: number;
  /** The cases that went wrong. */
  readonly failures: readonly Failure[];

  /** @internal */
  constructor(found: Pick<Report, 'tried' | 'lost' | 'doubled' | 'failures'>) {
    this.tried = found.tried;
    this.lost = found.lost;
    this.doubled = found.doubled;
    this.failures = found.failures;
  }

  /** Nothing went wrong. */
  get isOk(): boolean {
    return this.failures.length === 0;
  }

  /**
   * For tests.
   * @throws Error with the text of the report, if anything went wrong.
   */
  assert(): void {
    if (!this.isOk) throw new Error(this.toString());
  }

  /** What was tried, what went wrong, and how, for people. */
  toString(): string {
    const { crash, pause, doubt, 'double-crash': twice } = this.tried;
    const all = Object.values(this.tried).reduce((sum, each) => sum + each, 0);
    const head =
      `${this.failures.length} of ${all} cases went wrong (${crash} crash points, ${pause} pauses, ${doubt} doubts, ` +
      `${twice} double crashes); ${this.lost} rows lost, ${this.doubled} doubled in all`;
    const stories = this.failures.slice(0, FAILURES_SHOWN).map(({ story }, index) => `\n${index + 1}. ${story}`);
    const more = this.failures.length - stories.length;
    return [head, ...stories, ...(more > 0 ? [`\n... and ${more} more`] : [])].join('\n');
  }
}

/** Tells what happened. @internal */
export async function tell(kind: CaseKind, plans: readonly Plan[], ran: Ran, rows: Difference): Promise<Failure> {
  const places = [];
  for (const [index, { at }] of plans.entries()) {
    const point = ran.lives[index]?.fate.points[at];
    if (point !== undefined) places.push(`in life ${index + 1}, ${await placeOf(ran, point)}`);
  }
  const lines = [`${DEEDS[kind]} ${places.join('; then ')}`.trimEnd()];
  for (const [name, which] of [
    ['lost', rows.lost],
    ['doubled', rows.doubled],
    ['nobody expected', rows.stray],
  ] as const) {
    if (which.length === 0) continue;
    const shown = which.slice(0, ROWS_SHOWN).join(', ') + (which.length > ROWS_SHOWN ? ', ...' : '');
    lines.push(`${name}: ${which.length} rows: ${shown}`);
  }
  if (!ran.recovered) lines.push('it never ended well, however often it was started again');
  for (const [index, life] of ran.lives.entries()) lines.push(`life ${index + 1}:`, ...(await stepsOf(ran, life)));
  return { ...rows, kind, recovered: ran.recovered, story: lines.join('\n   ') };
}

async function placeOf(ran: Ran, point: Point): Promise<string> {
  if (point.moment === 'marked') return `at the point \`${point.what}\``;
  const what = await wordsOf(ran, point);
  return point.moment === 'before' ? `before ${what}` : `after ${what}, before its answer`;
}

/** What a life wrote and said, and how it ended. */
async function stepsOf(ran: Ran, { fate, end }: Lived): Promise<string[]> {
  const telling = fate.points.filter(({ moment, append }) => moment === 'marked' || (append && moment === 'after'));
  const shown = await Promise.all(telling.slice(-STEPS_SHOWN).map((point) => wordsOf(ran, point)));
  const leftOut = telling.length - shown.length;
  return [...(leftOut > 0 ? [`${leftOut} steps`] : []), ...shown, end].map((step) => `  ${step}`);
}

async function wordsOf({ world }: Ran, { what, append }: Point): Promise<string> {
  return append === undefined ? what : `${what} (${await factsOf(world.store, append)})`;
}
