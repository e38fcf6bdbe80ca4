import type { answers } from '../engine.js';
import { fromWire, type Value } from '../values/value.js';
import type { Axis, Interval } from './coverage.js';
import { toDate } from './run.js';
import type { Counts } from './shared.js';

/**
 * Status of a batch: an attempt is at work on it; its attempt is over and nobody has said what the sink did; the sink took it; the sink
 * did not take it.
 */
export type BatchStatus = 'prepared' | 'in-doubt' | 'committed' | 'aborted';

/**
 * What a sink does with a batch that comes twice: it keeps the key of a batch with its rows, in one transaction, and takes each key
 * once; the same rows again change nothing; it keeps the fencing token with the rows and refuses lower ones; it takes whatever comes.
 */
export type SinkKind = 'transactional' | 'idempotent' | 'token' | 'at-least-once';

/** A batch as it stands. */
export interface BatchView {
  /** Number, and fencing token. */
  readonly batch: bigint;
  /** What the sink knows it by. */
  readonly key: string;
  /** Status. */
  readonly status: BatchStatus;
  /** Run of the attempt that prepared it. */
  readonly run: string;
  /** Its node. */
  readonly node: string;
  /** Number of the attempt. */
  readonly attempt: number;
  /** HWMs that move with it. */
  readonly hwms: readonly { readonly name: string; readonly value: Value; readonly keys: readonly string[] }[];
  /** Resume state that comes with it. */
  readonly state: Uint8Array | undefined;
  /** Totals with it. */
  readonly counts: Counts | undefined;
  /** When it was prepared. */
  readonly preparedAt: Date;
  /** When it was committed or aborted. */
  readonly endedAt: Date | undefined;
  /** What the sink gave as a proof. */
  readonly receipt: string | undefined;
  /** Why it was aborted, or committed by hand. */
  readonly reason: string | undefined;
  /** Who committed or aborted it by hand. */
  readonly actor: string | undefined;
  /** Intervals that are done with it, by partition. */
  readonly covered: readonly CoveredIntervals[];
}

/** Intervals that a batch has the rows of. */
export interface CoveredIntervals {
  /** Partition whose coverage it is, where the node has any. */
  readonly partition: string | undefined;
  /** What the numbers are. */
  readonly axis: Axis;
  /** The intervals, in order; no two touch. */
  readonly intervals: readonly Interval[];
}

/** What rows a node may write twice. */
export interface Guarantee {
  /** Name of the node. */
  readonly node: string;
  /** What was declared of its sink. */
  readonly sink: SinkKind | undefined;
  /** True if each row has its effect exactly once; otherwise at least once. */
  readonly exactlyOnce: boolean;
  /** Why. */
  readonly reason: string;
}

/** @internal */
export function guarantee({ sink, ...same }: answers.Guarantee): Guarantee {
  return { ...same, sink };
}

/** @internal */
export function batchView({ hwms, preparedAtMs, endedAtMs, ...same }: answers.BatchView): BatchView {
  return {
    ...same,
    hwms: hwms.map(({ value, ...hwm }) => ({ ...hwm, value: fromWire(value) })),
    preparedAt: toDate(preparedAtMs),
    endedAt: toDate(endedAtMs),
  } as BatchView;
}
