import { flag, oneOf, optionalText, options, text, uint32, uint64 } from '../check.js';
import type { answers, types } from '../engine.js';
import { fromWire, toWire, type Value, type ValueInput, type ValueType } from '../values/value.js';

/** Whether an edge belongs to what lies beside it: rows equal to it are not read, or are read. */
export type HwmBound = 'open' | 'closed';

/**
 * Which of the values that were seen an HWM stands at: the greatest, so that it moves up; the least, so that it moves down; or
 * the last one that was said, for tokens whose order means nothing.
 */
export type HwmFunction = 'max' | 'min' | 'last';

/**
 * How an HWM is kept and read. What is left out is as if it had never been declared: it stands at the greatest value, and
 * reading begins behind it.
 */
export interface HwmSpec {
  /** Which of the values that were seen it stands at; `max` if left out. */
  readonly function?: HwmFunction | undefined;
  /** Type that its values are converted to, where that loses nothing. */
  readonly valueType?: ValueType | undefined;
  /**
   * How much of what was seen may still change: milliseconds of a timestamp, days of a date, units of a whole number.
   * With `read-back` reading begins so much before it, with `hold-back` it stands so much before what was seen. Rows within
   * the lag are read again each time, so the sink must take them twice.
   */
  readonly lag?: { readonly mode: 'read-back' | 'hold-back'; readonly amount: bigint | number } | undefined;
  /** Whether rows equal to where reading begins are read; `open` if left out, `closed` with boundary keys. */
  readonly lower?: HwmBound | undefined;
  /** Whether rows equal to `end` are read; `open` if left out. */
  readonly upper?: HwmBound | undefined;
  /**
   * Most keys kept of rows that are equal to the value. Those rows are read again, and none is loaded twice; more than this many
   * rows with one value are refused.
   */
  readonly boundaryKeys?: number | undefined;
  /** What a reader does with rows without a value: `raise` an error if left out. */
  readonly nulls?: 'raise' | 'include' | 'exclude' | undefined;
  /** Where reading begins at first; rows equal to it are read. */
  readonly initial?: ValueInput | undefined;
  /** Where reading ends. */
  readonly end?: ValueInput | undefined;
  /** The source gives rows in any order: the HWM moves when the attempt succeeds, not with its reports. */
  readonly unordered?: boolean | undefined;
  /** It is kept for each partition alone, as `name[key]`. */
  readonly partitioned?: boolean | undefined;
  /**
   * Whose coverage it follows: it stands up to where everything is done, from `initial` on, or else from the start of the
   * cadence of the node, and nothing else moves it. Reading begins at it, so `lower` is `closed`.
   */
  readonly coverage?: { readonly node: string; readonly partition?: string | undefined } | undefined;
}

/** From where to where a reader reads: what it needs for its WHERE clause. */
export interface Position {
  /** Name of the HWM; of a partition `name[key]`. */
  readonly name: string;
  /** How it was declared; if it never was, how it is kept without that. */
  readonly spec: Readonly<Required<Omit<HwmSpec, 'initial' | 'end' | 'lag' | 'coverage'>>> & {
    readonly lag: { readonly mode: 'read-back' | 'hold-back'; readonly amount: bigint } | undefined;
    readonly coverage: { readonly node: string; readonly partition: string | undefined } | undefined;
    readonly initial: Value | undefined;
    readonly end: Value | undefined;
  };
  /** Where the HWM stands. Of a name that is kept per partition, where the one stands that is least far. */
  readonly value: Value | undefined;
  /** Where reading begins; absent means at the first row of the source. */
  readonly from: Value | undefined;
  /** Whether rows equal to `from` are read. Where reading ends, and whether rows equal to that are read, is in `spec`. */
  readonly lower: HwmBound;
  /** Keys of the rows equal to `from` that were loaded already: a reader drops them. */
  readonly keys: readonly string[];
  /** The least value that the source had when somebody looked. */
  readonly earliest: Value | undefined;
  /** The greatest value that the source had when somebody looked. */
  readonly latest: Value | undefined;
  /** True if the source has forgotten rows that were not read: they are lost, unless they can be had elsewhere. */
  readonly forgotten: boolean;
  /** Where this comes from, in words. */
  readonly reason: string;
}

const TYPES: readonly ValueType[] = [
  'int',
  'uint',
  'decimal',
  'timestamp',
  'local-timestamp',
  'date',
  'text',
  'bytes',
  'uuid',
  'bool',
  'json',
];
const BOUNDS = ['open', 'closed'] as const;

/** A declaration in the words of the engine. @internal */
export function specToWire(name: string, given: HwmSpec): types.HwmSpec {
  const spec = options(given, 'the declaration of an HWM');
  const boundaryKeys = uint32(spec.boundaryKeys ?? 0, '`boundaryKeys`');
  const value = (input: ValueInput | undefined, what: string) =>
    input === undefined ? undefined : toWire(input, what);
  return {
    name: text(name, 'the name of an HWM'),
    function: oneOf(spec.function ?? 'max', '`function`', ['max', 'min', 'last']),
    valueType: spec.valueType === undefined ? undefined : oneOf(spec.valueType, '`valueType`', TYPES),
    lag: spec.lag && {
      mode: oneOf(spec.lag.mode, '`lag.mode`', ['read-back', 'hold-back']),
      amount: uint64(spec.lag.amount, '`lag.amount`'),
    },
    lower: oneOf(spec.lower ?? (boundaryKeys > 0 ? 'closed' : 'open'), '`lower`', BOUNDS),
    upper: oneOf(spec.upper ?? 'open', '`upper`', BOUNDS),
    boundaryKeys,
    nulls: oneOf(spec.nulls ?? 'raise', '`nulls`', ['raise', 'include', 'exclude']),
    initial: value(spec.initial, '`initial`'),
    end: value(spec.end, '`end`'),
    unordered: flag(spec.unordered, '`unordered`'),
    partitioned: flag(spec.partitioned, '`partitioned`'),
    coverage: spec.coverage && {
      node: text(spec.coverage.node, '`coverage.node`'),
      partition: optionalText(spec.coverage.partition, '`coverage.partition`'),
    },
  };
}

/** A position in the words of JavaScript. @internal */
export function position(wire: answers.Position): Position {
  const { name: _, initial, end, lag, valueType, coverage, ...spec } = wire.spec;
  return {
    ...wire,
    spec: { ...spec, valueType, lag, coverage, initial: known(initial), end: known(end) },
    value: known(wire.value),
    from: known(wire.from),
    earliest: known(wire.earliest),
    latest: known(wire.latest),
  } as Position;
}

function known(value: types.Value | undefined): Value | undefined {
  return value === undefined ? undefined : fromWire(value);
}
