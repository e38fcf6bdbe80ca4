import { flag, list, oneOf, optionalText, options, optionalTime, text, time, uint32 } from '../check.js';
import type { commands, types } from '../engine.js';
import { InvalidError } from '../errors.js';
import {
  type Axis,
  type Coverage,
  type CoverageChanged,
  type CoverageLine,
  type CoverageStatus,
  coverageView,
} from '../views/coverage.js';
import { plannedByHand, type PlannedByHand } from './maintenance.js';
import { type Operation, operation, same } from './operation.js';

/** What lies from `start` up to but not including `end`: times, or whole numbers on the integer axis. */
export interface IntervalInput {
  /** Where it begins. */
  readonly start: Date | bigint | number;
  /** Where it ends; the end itself is not part of it. */
  readonly end: Date | bigint | number;
}

/** Which axis is meant. */
export interface LineOptions {
  /** Partition whose coverage it is; left out where the node has none. */
  readonly partition?: string | undefined;
  /** What the numbers are; left out, what they are already, or times for a new node. */
  readonly axis?: Axis | undefined;
}

/** What an attempt shall cover. */
export interface Cover extends LineOptions {
  /**
   * What shall be covered. Handed out is what of it is not done and nobody else works on. Left out with `due` alone, and with `window`.
   */
  readonly intervals?: readonly IntervalInput[] | undefined;
  /**
   * Cover what the cadence of the node wants and is due, window by window, oldest first; of it what lies in `intervals`, or all if they
   * are left out. A window of which a part is done is handed out whole.
   */
  readonly due?: boolean | undefined;
  /**
   * Cover the window of the run, as far as it is not done; of a node that has a cadence, the windows that are due and lie in it whole.
   * Nothing else is said beside it.
   */
  readonly window?: boolean | undefined;
  /** Take a share in this backfill, instead of intervals. Such an attempt moves no HWM. */
  readonly backfill?: string | undefined;
  /** Most intervals that are handed out; left out, all that there are. */
  readonly limit?: number | undefined;
  /** Hand out what is done as well. It counts as done until the attempt has done it again. */
  readonly restate?: boolean | undefined;
}

/** What is read of a node's coverage. */
export interface CoverageOptions {
  /** Partition; left out where the node has none. */
  readonly partition?: string | undefined;
  /** Where to begin; left out, where the coverage, or what somebody works on, begins. `next` of the page before. */
  readonly from?: Date | bigint | number | undefined;
  /** Where to end; left out, where the coverage, or what somebody works on, ends. */
  readonly to?: Date | bigint | number | undefined;
  /** Only what is not done. */
  readonly gaps?: boolean | undefined;
  /** Most spans wanted. */
  readonly limit?: number | undefined;
}

/** How coverage is marked by hand. */
export type MarkOptions = PlannedByHand & LineOptions;

/** A page of what has coverage. */
export interface CoverageLinePage {
  /** By node and partition. */
  readonly lines: readonly CoverageLine[];
  /** Cursor of the next page; absent at the end. */
  readonly next: string | undefined;
}

const STATUSES: readonly CoverageStatus[] = ['missing', 'done', 'failed', 'stale'];

/** Reads what of its axis a node has done. */
export function describeCoverage(node: string, given: CoverageOptions = {}): Operation<Coverage> {
  const { partition, from, to, gaps, limit } = options(given, 'the options');
  const val = {
    node: text(node, 'the name of the node'),
    partition: optionalText(partition, 'the partition'),
    from: optionalTime(from, '`from`'),
    to: optionalTime(to, '`to`'),
    gaps: flag(gaps, '`gaps`'),
    limit: uint32(limit ?? 0, '`limit`'),
  };
  return operation({ tag: 'describe-coverage', val }, 'coverage', coverageView);
}

/** A page of nodes and partitions that have coverage. */
export function listCoverage(cursor?: string, limit = 0): Operation<CoverageLinePage> {
  const val = { cursor: optionalText(cursor, 'the cursor'), limit: uint32(limit, '`limit`') };
  return operation({ tag: 'list-coverage', val }, 'coverage-lines', (page) => page as CoverageLinePage);
}

/** Marks intervals of a node by hand. */
export function markCoverage(
  node: string,
  status: CoverageStatus,
  given: readonly IntervalInput[],
  how: MarkOptions,
): Operation<CoverageChanged> {
  const val = {
    node: text(node, 'the name of the node'),
    ...line(how),
    intervals: intervals(given, 'the intervals'),
    status: oneOf(status, 'the status', STATUSES),
    ...plannedByHand(how),
  };
  return operation({ tag: 'mark-coverage', val }, 'coverage-changed', same<CoverageChanged>);
}

/** @internal */
export function coverToWire(given: Cover): commands.Cover {
  const { limit, restate, due, window, backfill, ...cover } = options(given, '`cover`');
  const whole = flag(window, '`window`');
  if (whole && (due === true || backfill !== undefined || cover.intervals !== undefined)) {
    throw new InvalidError(
      '`window` covers the window of the run; leave `intervals`, `due` and `backfill` out beside it',
    );
  }
  const bounds = whole || due === true || backfill !== undefined ? (cover.intervals ?? []) : cover.intervals;
  return {
    ...line(cover),
    intervals: intervals(bounds as readonly IntervalInput[], 'the intervals'),
    due: flag(due, '`due`'),
    backfill: optionalText(backfill, 'the backfill'),
    limit: uint32(limit ?? 0, '`limit`'),
    restate: flag(restate, '`restate`'),
  };
}

/** @internal */
export function coveredToWire(given: readonly IntervalInput[], partition?: string): commands.Covered[] {
  const done = intervals(given, '`covered`');
  return done.length === 0 ? [] : [{ ...line({ partition }), intervals: done }];
}

function line({ partition, axis }: LineOptions): { partition: string | undefined; axis: Axis | undefined } {
  return {
    partition: optionalText(partition, 'the partition'),
    axis: axis === undefined ? undefined : oneOf<Axis>(axis, 'the axis', ['time', 'integer']),
  };
}

function intervals(given: readonly IntervalInput[], what: string): types.Interval[] {
  return list(given, what).map((each) => intervalToWire(each as IntervalInput));
}

/** @internal */
export function intervalToWire(given: IntervalInput): types.Interval {
  const { start, end } = options(given, 'an interval');
  return { start: time(start, 'the start of an interval'), end: time(end, 'the end of an interval') };
}
