import type { Axis, Interval } from './coverage.js';
import type { NodeStatus } from './run.js';

/** What a run is asked to cover. */
export interface RunWindow extends Interval {
  /** What the numbers are. */
  readonly axis: Axis;
}

/** What the nodes of a run covered, compared. */
export interface DriftReport {
  /** Id of the run. */
  readonly run: string;
  /** What the run is asked to cover; absent if its nodes say it. */
  readonly window: RunWindow | undefined;
  /**
   * What the nodes are compared with: the window of the run, or without one all that its nodes did, from the first start to the last end.
   * Absent if there is neither.
   */
  readonly comparedWith: RunWindow | undefined;
  /** Whether no line has drifted. */
  readonly consistent: boolean;
  /** Lines that have drifted, those of other pages too. */
  readonly drifted: number;
  /** The lines of this page: the nodes in the order of the graph, then by name, each with its partitions. */
  readonly nodes: readonly NodeDrift[];
  /** Lines in all. */
  readonly count: number;
  /** `from` of the next page; absent at the end. */
  readonly next: number | undefined;
}

/** What a node, or a partition of it, covered in a run. */
export interface NodeDrift {
  /** Name of the node. */
  readonly node: string;
  /** Partition; absent where the node has none. */
  readonly partition: string | undefined;
  /** Status of the node. */
  readonly status: NodeStatus;
  /** What its numbers are; absent if it has no intervals, and nothing to compare. */
  readonly axis: Axis | undefined;
  /** What it had to cover: what it is compared with, or the windows of its cadence that lie in it whole. Absent if nothing. */
  readonly expected: Interval | undefined;
  /** What its attempts have done in this run, from the first start to the last end. Absent if nothing. */
  readonly covered: Interval | undefined;
  /** What of the expected is done neither by this run nor by another; the first ones, where there are many. */
  readonly missing: readonly Interval[];
  /** What it did in this run outside of what it is compared with; the first ones, where there are many. */
  readonly outside: readonly Interval[];
  /** How it has drifted; empty if it has not. A node that may still go on is behind in nothing. */
  readonly drift: readonly DriftKind[];
}

/**
 * How a node differs from what it is compared with: it has done nothing of it; its beginning, its end, or something in the middle is
 * missing; it did something before its beginning, after its end, or on another axis.
 */
export type DriftKind = 'nothing' | 'starts-late' | 'behind' | 'gap' | 'starts-early' | 'ahead' | 'other-axis';
