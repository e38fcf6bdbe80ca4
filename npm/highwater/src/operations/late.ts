import { flag, list, oneOf, options, optionalText, text, time, uint32, uint64 } from '../check.js';
import type { commands, types } from '../engine.js';
import type { Axis } from '../views/coverage.js';
import type { Arrivals, LateAction, LateRuleView } from '../views/late.js';
import type { Done } from '../views/shared.js';
import { type IntervalInput, intervalToWire } from './coverage.js';
import { type Operation, operation, same } from './operation.js';

/** What a node shall do about late data. */
export interface LateRuleInput {
  /** What happens to it. */
  readonly action: LateAction;
  /** How far behind the end of what was done last it may be: milliseconds, or whole numbers; left out, however far. */
  readonly allowed?: bigint | number | undefined;
  /** What happens to what is further behind; it is recorded if this is left out. */
  readonly beyond?: LateAction | undefined;
  /** What the nodes after this one have done of the same intervals has to be done again too. */
  readonly downstream?: boolean | undefined;
}

/** Rows that arrived in a source. */
export interface ArrivalInput {
  /** Name of the node that loads them. */
  readonly node: string;
  /** Partition; left out where the node has none. */
  readonly partition?: string | undefined;
  /** What the numbers are; left out, what they are already, or times for a new node. */
  readonly axis?: Axis | undefined;
  /** Intervals in which rows arrived. */
  readonly intervals?: readonly IntervalInput[] | undefined;
  /** Places at which rows arrived: times, or whole numbers. */
  readonly positions?: readonly (Date | bigint | number)[] | undefined;
  /** How many rows they are, for the count. */
  readonly rows?: bigint | number | undefined;
}

/** Who reports that rows arrived. */
export interface ReporterOptions {
  /** The run. */
  readonly run?: string | undefined;
  /** Who. */
  readonly worker?: string | undefined;
}

/** A page of rules of late data. */
export interface LateRulePage {
  /** By the names of the nodes; first the one of all nodes that have none of their own. */
  readonly rules: readonly LateRuleView[];
  /** Cursor of the next page; absent at the end. */
  readonly next: string | undefined;
}

const ACTIONS: readonly LateAction[] = ['record', 'reopen', 'refuse'];

/** Declares what a node does about late data; without a node, what all nodes do that have no rule of their own. */
export function declareLateRule(node: string | undefined, given: LateRuleInput | undefined): Operation<Done> {
  const of = { node: optionalText(node, 'the name of the node') };
  if (given === undefined) {
    return operation({ tag: 'declare-late-rule', val: { ...of, rule: undefined } }, 'done', same<Done>);
  }
  const { action, allowed, beyond, downstream } = options(given, 'the rule');
  const rule = {
    action: oneOf(action, '`action`', ACTIONS),
    allowed: allowed === undefined ? undefined : uint64(allowed, '`allowed`'),
    beyond: oneOf(beyond ?? 'record', '`beyond`', ACTIONS),
    downstream: flag(downstream, '`downstream`'),
  };
  return operation({ tag: 'declare-late-rule', val: { ...of, rule } }, 'done', same<Done>);
}

/** A page of rules of late data. */
export function listLateRules(cursor?: string, limit = 0): Operation<LateRulePage> {
  const val = { cursor: optionalText(cursor, 'the cursor'), limit: uint32(limit, '`limit`') };
  return operation({ tag: 'list-late-rules', val }, 'late-rules', (page) => page as LateRulePage);
}

/** Reports that rows arrived; what is late of it is dealt with as declared. */
export function reportArrivals(arrivals: readonly ArrivalInput[], by: ReporterOptions = {}): Operation<Arrivals> {
  const { run, worker } = options(by, 'the options');
  const val = {
    arrivals: list(arrivals, 'the arrivals').map((each) => arrivalToWire(each as ArrivalInput)),
    run: optionalText(run, 'the run'),
    worker: optionalText(worker, 'the worker'),
  };
  return operation({ tag: 'report-arrivals', val }, 'arrivals', (answer) => answer as Arrivals);
}

function place(given: unknown): types.Interval {
  const start = time(given, 'a position');
  return { start, end: start + 1n };
}

function arrivalToWire(given: ArrivalInput): commands.Arrival {
  const { node, partition, axis, intervals, positions, rows } = options(given, 'an arrival');
  return {
    node: text(node, 'the name of the node'),
    partition: optionalText(partition, 'the partition'),
    axis: axis === undefined ? undefined : oneOf<Axis>(axis, 'the axis', ['time', 'integer']),
    intervals: [
      ...list(intervals ?? [], 'the intervals').map((each) => intervalToWire(each as IntervalInput)),
      ...list(positions ?? [], 'the positions').map(place),
    ],
    rows: uint64(rows ?? 0, '`rows`'),
  };
}
