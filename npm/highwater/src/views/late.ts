import type { answers } from '../engine.js';
import type { Axis, Interval } from './coverage.js';
import { toDate } from './run.js';

/**
 * What happens to late data: it is counted and what is done stays done; what is done has to be done again; it is counted, and whoever
 * reports it is told that nobody will load it.
 */
export type LateAction = 'record' | 'reopen' | 'refuse';

/** What a node does about late data. */
export interface LateRule {
  /** What happens to it. */
  readonly action: LateAction;
  /** How far behind the end of what was done last it may be, in units of the axis; absent means however far. */
  readonly allowed: bigint | undefined;
  /** What happens to what is further behind. */
  readonly beyond: LateAction;
  /** Whether what the nodes after this one have done of the same intervals has to be done again too. */
  readonly downstream: boolean;
}

/** The rule of a node. */
export interface LateRuleView {
  /** Name of the node; absent for all nodes that have no rule of their own. */
  readonly node: string | undefined;
  /** The rule. */
  readonly rule: LateRule;
}

/** What became of what was reported. */
export interface Arrivals {
  /** One for each arrival, in their order, each followed by those of the nodes after it that have to do something again. */
  readonly arrivals: readonly Arrived[];
  /** Version of the pipeline at which it holds. */
  readonly version: bigint;
}

/** What became of rows that arrived. The four lists together are all that was named, and in `reopened` whole windows. */
export interface Arrived {
  /** Name of the node. */
  readonly node: string;
  /** Partition; absent where the node has none. */
  readonly partition: string | undefined;
  /** What the numbers are. */
  readonly axis: Axis;
  /** What was done and has to be done again. */
  readonly reopened: readonly Interval[];
  /** What was done, or is being done, and stays so: the rows were counted, nothing more. */
  readonly recorded: readonly Interval[];
  /** The same, where the rule refuses the rows: nobody will load them. */
  readonly refused: readonly Interval[];
  /** What is not done yet, so that nothing need be done: no attempt that began before the report makes it count as done. */
  readonly pending: readonly Interval[];
  /** The node whose late data it is, if it is not its own. */
  readonly upstream: string | undefined;
}

/** How often something happened to late data, and to how many rows. */
export interface LateCount {
  /** Reports. */
  readonly reports: bigint;
  /** Rows, as far as the reports said how many. */
  readonly rows: bigint;
}

/** Late data by what happened to it. A report counts once, for the worst that happened to a part of it. */
export interface LateCounts {
  /** What was reopened. */
  readonly reopened: LateCount;
  /** What was recorded. */
  readonly recorded: LateCount;
  /** What was refused. */
  readonly refused: LateCount;
}

/** Late data of a node and partition. */
export interface LateData extends LateCounts {
  /** The last reports, newest first. */
  readonly last: readonly LateReport[];
}

/** One report of late data. */
export interface LateReport extends Interval {
  /** Version of the pipeline that has it. */
  readonly version: bigint;
  /** When. */
  readonly at: Date;
  /** The worst that happened to a part of it. */
  readonly action: LateAction;
  /** How many rows came. */
  readonly rows: bigint;
  /** Run that reported it. */
  readonly run: string | undefined;
  /** Who reported it. */
  readonly worker: string | undefined;
  /** The node whose late data it is, if it is not its own. */
  readonly upstream: string | undefined;
}

/** How much late data there was for a node and partition. */
export interface LateLine extends LateCounts {
  /** Name of the node. */
  readonly node: string;
  /** Partition; absent where the node has none. */
  readonly partition: string | undefined;
}

/** @internal */
export function lateData({ last, ...counts }: answers.LateData): LateData {
  return { ...counts, last: last.map(({ atMs, ...report }) => ({ ...report, at: toDate(atMs) })) } as LateData;
}
