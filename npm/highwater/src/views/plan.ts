import type { answers } from '../engine.js';
import type { Axis, Interval } from './coverage.js';
import { toDate } from './run.js';
import type { Reason } from './shared.js';

/** A node, or some of its windows in a row to which the same happens. */
export interface PlanStep {
  /** Name of the node. */
  readonly node: string;
  /** What the numbers of the interval are. */
  readonly axis: Axis;
  /** From the start of the first window to the end of the last one; absent if the work has no windows. */
  readonly interval: Interval | undefined;
  /** How many windows that are. */
  readonly windows: number;
  /** What would be done. */
  readonly action: 'run' | 'skip' | 'wait';
  /** Why. */
  readonly reason: Reason;
}

/** What would run, be skipped or wait. */
export interface Plan {
  /** Version of the pipeline at which it was made. */
  readonly version: bigint;
  /** What its steps rest on: another state with the same steps has the same basis. */
  readonly basis: string;
  /** Steps, upstream nodes first and then in the order of the axis. */
  readonly steps: readonly PlanStep[];
  /** Steps of all pages together. */
  readonly count: number;
  /** `from` of the next page; absent at the end. */
  readonly next: number | undefined;
}

/** A plan that was carried out. */
export interface PlanApplied {
  /** The run that was started, or goes on. */
  readonly run: string | undefined;
  /** The backfill that was made. */
  readonly backfill: string | undefined;
  /** Version of the pipeline at which it holds. */
  readonly version: bigint;
}

/** A backfill as it stands. Its progress follows from the coverage of its nodes. */
export interface BackfillView {
  /** Id. */
  readonly backfill: string;
  /** Status; `done` if all of its windows are. */
  readonly status: 'running' | 'paused' | 'cancelled' | 'done';
  /** The nodes that it is for. */
  readonly nodes: readonly string[];
  /** Partition; absent where the nodes have none. */
  readonly partition: string | undefined;
  /** What the numbers are. */
  readonly axis: Axis;
  /** The windows of the nodes that lie in this are worked off. */
  readonly interval: Interval;
  /** In which order. */
  readonly order: 'oldest-first' | 'newest-first';
  /** Most attempts that work on it at once; 0 leaves it open. */
  readonly maxConcurrent: number;
  /** Windows of all nodes. */
  readonly windows: number;
  /** Windows that are done. */
  readonly done: number;
  /** Windows that are worked on. */
  readonly running: number;
  /** Windows of which the last attempt failed. */
  readonly failed: number;
  /** When it was made. */
  readonly createdAt: Date;
  /** Why it was made, or changed last. */
  readonly reason: string;
  /** Who did. */
  readonly actor: string | undefined;
}

/** @internal */
export function backfillView({ createdAtMs, ...same }: answers.BackfillView): BackfillView {
  return { ...same, createdAt: toDate(createdAtMs) } as BackfillView;
}
