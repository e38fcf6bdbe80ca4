import type { answers } from '../engine.js';
import { type LateData, lateData, type LateRule } from './late.js';
import { toDate } from './run.js';

/** What the numbers of a node's intervals are: milliseconds since the Unix epoch, or whole numbers such as ids. */
export type Axis = 'time' | 'integer';

/**
 * How a piece of an axis stands: never done or forgotten; done; the last attempt at it failed and it was not done before; it was done
 * and somebody said that it has to be done again.
 */
export type CoverageStatus = 'missing' | 'done' | 'failed' | 'stale';

/** What lies from `start` up to but not including `end`. On the axis of time, `new Date(Number(start))` is the instant. */
export interface Interval {
  /** Where it begins. */
  readonly start: bigint;
  /** Where it ends; the end itself is not part of it. */
  readonly end: bigint;
}

/** A part of an axis that stands in one way. */
export interface Span extends Interval {
  /** How it stands. */
  readonly status: CoverageStatus;
  /** Version of the pipeline that touched it last; absent if it is missing. */
  readonly version: bigint | undefined;
  /** When. */
  readonly at: Date | undefined;
  /** Run that did it. */
  readonly run: string | undefined;
  /** Why, if it was done by hand. */
  readonly reason: string | undefined;
  /** Who, if it was done by hand. */
  readonly actor: string | undefined;
}

/** An interval that an attempt works on. */
export interface ClaimView extends Interval {
  /** Run of the attempt. */
  readonly run: string;
  /** Its fencing token. */
  readonly token: bigint;
  /** Since when. */
  readonly since: Date;
}

/** What of its axis a node has done. */
export interface Coverage {
  /** What the numbers are. */
  readonly axis: Axis;
  /** Spans in order. Without a wish for gaps alone, each begins where the one before ends. */
  readonly spans: readonly Span[];
  /** Who works on what, in order. */
  readonly claims: readonly ClaimView[];
  /** Up to where everything is done, from the start of the coverage on; absent if nothing is. */
  readonly edge: bigint | undefined;
  /** `from` of the next page; absent at the end. */
  readonly next: bigint | undefined;
  /** What the node does about late data, by its own rule or that of all nodes; absent if there is none. */
  readonly lateRule: LateRule | undefined;
  /** Late data that was reported; absent if there never was any. */
  readonly late: LateData | undefined;
}

/** A node and partition that has coverage. */
export interface CoverageLine extends Interval {
  /** Name of the node. */
  readonly node: string;
  /** Partition; absent where the node has none. */
  readonly partition: string | undefined;
  /** What the numbers are. */
  readonly axis: Axis;
  /** Up to where everything is done, from the start on; absent if nothing is. */
  readonly edge: bigint | undefined;
  /** Reports of late data. */
  readonly lateReports: bigint;
}

/** Coverage that was marked by hand, or would be. */
export interface CoverageChanged {
  /** What the numbers are. */
  readonly axis: Axis;
  /** What changed, or would. */
  readonly changed: readonly Interval[];
  /** False if nothing had to change, or it was only asked what would. */
  readonly applied: boolean;
  /** Version of the pipeline at which it holds. */
  readonly version: bigint;
}

/** @internal */
export function coverageView({ spans, claims, late, ...same }: answers.Coverage): Coverage {
  return {
    ...same,
    spans: spans.map(({ atMs, ...span }) => ({ ...span, at: toDate(atMs) })),
    late: late && lateData(late),
    claims: claims.map(({ sinceMs, ...claim }) => ({ ...claim, since: toDate(sinceMs) })),
  } as Coverage;
}
