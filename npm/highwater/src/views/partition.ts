import type { answers } from '../engine.js';
import type { CoverageStatus } from './coverage.js';
import { toDate } from './run.js';

/** One way in which a node is divided. */
export interface Dimension {
  /** Name. */
  readonly name: string;
  /** Whether keys come and go after it was declared. */
  readonly dynamic: boolean;
  /** How many keys it has. */
  readonly keys: bigint;
}

/** How many partitions stand how. */
export interface PartitionCounts {
  /** All that there are. */
  readonly total: bigint;
  /** Done. */
  readonly done: bigint;
  /** The last attempt at them failed. */
  readonly failed: bigint;
  /** They were done, and have to be done again. */
  readonly stale: bigint;
  /** Never done, or forgotten. */
  readonly missing: bigint;
  /** Somebody works on them, however they stand. */
  readonly claimed: bigint;
  /** Rows of all of them, as far as somebody said how many. */
  readonly rows: bigint;
}

/** How a node is divided, and how many of its partitions stand how. */
export interface Partitioning {
  /** Name of the node. */
  readonly node: string;
  /** The dimensions, in the order in which their keys make the name of a partition. */
  readonly dimensions: readonly Dimension[];
  /** How many partitions stand how. */
  readonly counts: PartitionCounts;
  /** Version of the pipeline that declared it, or changed its keys, last. */
  readonly version: bigint;
  /** When. */
  readonly at: Date;
}

/** Who works on a partition. */
export interface PartitionClaim {
  /** Run of the attempt. */
  readonly run: string;
  /** Number of the attempt. */
  readonly attempt: number;
  /** Its fencing token. */
  readonly token: bigint;
  /** Since when. */
  readonly at: Date;
}

/** A partition as it stands. */
export interface PartitionView {
  /** Its keys, joined by `|`: also what its coverage is kept under. */
  readonly partition: string;
  /** How it stands. */
  readonly status: CoverageStatus;
  /** How many rows it has; absent if nobody said. */
  readonly rows: bigint | undefined;
  /** What it was done with; absent if nobody said. */
  readonly fingerprint: string | undefined;
  /** Run whose attempt worked on it last; absent if none did. */
  readonly run: string | undefined;
  /** Number of that attempt. */
  readonly attempt: number | undefined;
  /** Version of the pipeline that marked it last; absent if it is missing. */
  readonly version: bigint | undefined;
  /** When. */
  readonly at: Date | undefined;
  /** Why it was marked by hand. */
  readonly reason: string | undefined;
  /** Who marked it by hand. */
  readonly actor: string | undefined;
  /** Who works on it, if somebody does. */
  readonly claim: PartitionClaim | undefined;
}

/** A key of a dimension, and how many of its partitions stand how. */
export interface PartitionKeyView {
  /** The key. */
  readonly key: string;
  /** Of all partitions that have it. */
  readonly counts: PartitionCounts;
}

/** Partitions that were marked, or would be. */
export interface PartitionsChanged {
  /** What changed, or would; of more than a bound, the first ones. */
  readonly partitions: readonly string[];
  /** How many did, or would. */
  readonly changed: bigint;
  /** False for a dry run, and if nothing had to change. */
  readonly applied: boolean;
  /** Version of the pipeline at which it holds. */
  readonly version: bigint;
}

/** A partition that is called something else. */
export interface PartitionMove {
  /** What it was. */
  readonly from: string;
  /** What it is then. */
  readonly to: string;
  /** How it stands, before and after. */
  readonly status: CoverageStatus;
  /** Whether it has coverage or late data, which moves too. */
  readonly coverage: boolean;
}

/** Partitions that are called something else, or would be. */
export interface PartitionsMoved {
  /** What moves, or would, in byte order of the old names; of more than a bound, the first ones. */
  readonly moves: readonly PartitionMove[];
  /** How many partitions do that have a status, coverage or late data. */
  readonly moved: bigint;
  /** How many partitions there are then. */
  readonly total: bigint;
  /** False for a dry run, and if nothing had to change. */
  readonly applied: boolean;
  /** Version of the pipeline at which it holds. */
  readonly version: bigint;
}

/** @internal */
export function partitioning({ atMs, ...same }: answers.Partitioning): Partitioning {
  return { ...same, at: toDate(atMs) } as Partitioning;
}

/** @internal */
export function partitionView({ atMs, claim, ...same }: answers.PartitionView): PartitionView {
  const who = claim && { run: claim.run, attempt: claim.attempt, token: claim.token, at: toDate(claim.atMs) };
  return { ...same, at: toDate(atMs), claim: who } as PartitionView;
}
