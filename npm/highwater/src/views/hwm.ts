import type { answers } from '../engine.js';
import { fromWire, type Value, type ValueType } from '../values/value.js';
import { toDate } from './run.js';

/** An HWM as it stands. */
export interface HwmView {
  /** Name. */
  readonly name: string;
  /** Value. */
  readonly value: Value;
  /** Type of the value: tells apart the two kinds of whole numbers. */
  readonly type: ValueType;
  /** Version of the pipeline that set it. */
  readonly version: bigint;
  /** When it was set. */
  readonly updatedAt: Date;
  /** Run that set it. */
  readonly run: string | undefined;
  /** Node that set it. */
  readonly node: string | undefined;
}

/** What happened to an HWM. */
export interface HwmChange {
  /** Version of the pipeline that recorded it. */
  readonly version: bigint;
  /** When. */
  readonly at: Date;
  /** What happened. */
  readonly what: 'set' | 'cast' | 'rewind' | 'delete' | 'revert' | 'fork';
  /** Value after it; absent after a deletion. */
  readonly value: Value | undefined;
  /** Run that did it. */
  readonly run: string | undefined;
  /** Node that did it. */
  readonly node: string | undefined;
  /** Why, for rewinds and deletions. */
  readonly reason: string | undefined;
  /** Who, for rewinds and deletions. */
  readonly actor: string | undefined;
}

/** HWMs were moved, or stood there already. */
export interface HwmsSet {
  /** Version of the pipeline at which it holds. */
  readonly version: bigint;
  /** How many of them moved; the others already stood there. */
  readonly moved: number;
}

/** A rewind, done or only planned. */
export interface Rewound {
  /** Name of the HWM. */
  readonly name: string;
  /** Value before. */
  readonly from: Value;
  /** Value after. */
  readonly to: Value;
  /** False if it was only asked what would happen. */
  readonly applied: boolean;
  /** Version of the pipeline at which it holds. */
  readonly version: bigint;
}

/** @internal */
export function hwmView({ value, updatedAtMs, ...same }: answers.HwmView): HwmView {
  return { ...same, value: fromWire(value), type: value.tag, updatedAt: toDate(updatedAtMs) } as HwmView;
}

/** @internal */
export function hwmChange({ value, atMs, ...same }: answers.HwmChange): HwmChange {
  return { ...same, value: value === undefined ? undefined : fromWire(value), at: toDate(atMs) } as HwmChange;
}

/** @internal */
export function rewound({ from, to, ...same }: answers.Rewound): Rewound {
  return { ...same, from: fromWire(from), to: fromWire(to) };
}
