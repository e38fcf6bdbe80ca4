import { bytes, list, oneOf, options, optionalText, optionalTime, text, time, uint32, uint64 } from '../check.js';
import type { types } from '../engine.js';
import { type CadenceView, cadenceView, type WindowPage, windowPage, type WindowStatus } from '../views/cadence.js';
import type { Axis, Interval } from '../views/coverage.js';
import type { Done } from '../views/shared.js';
import { zoneRules } from '../zones.js';
import { type Operation, operation, same } from './operation.js';

/** How long windows are, and on whose clock. */
export interface WindowLength {
  /**
   * What the length of a window is counted in. Minutes and hours are of a fixed length, whatever a clock shows; days and longer ones are
   * those of a calendar, so a day has 23 or 25 hours where a clock is put forward or back. Left out for `cron`, and for whole numbers.
   */
  readonly unit?: 'millisecond' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year' | undefined;
  /** How many of the unit a window has, or whole numbers; one if left out. */
  readonly every?: bigint | number | undefined;
  /** Windows from one time that a cron expression names to the next, for example `0 6 * * mon-fri`. */
  readonly cron?: string | undefined;
  /** Zone whose clock counts, by its name in the IANA database: `Europe/Berlin`. UTC if left out. */
  readonly zone?: string | undefined;
  /** Rules of the zone in the TZif format, instead of those that this version knows. */
  readonly zoneRules?: Uint8Array | undefined;
  /** What the numbers are; `integer` has windows of so many whole numbers, for example ids. */
  readonly axis?: Axis | undefined;
}

/** How an axis is divided into windows, and when a window is due. */
export interface CadenceInput extends WindowLength {
  /** Where the first window begins: a date in the zone such as `2026-11-28`, a time, or a whole number. */
  readonly start: string | Date | bigint | number;
  /** No window ends after this; left out, they go on for ever. */
  readonly end?: Date | bigint | number | undefined;
  /** A window is due this long after its end, in milliseconds, because its rows come late. */
  readonly lagMs?: bigint | number | undefined;
  /** Windows before the newest one that are done again with it, because rows of theirs may have come since. */
  readonly lookback?: number | undefined;
}

/** Which windows are read. */
export interface WindowOptions {
  /** Partition; left out where the node has none. */
  readonly partition?: string | undefined;
  /** Only windows around or behind this; left out, where the cadence starts. `next` of the page before. */
  readonly from?: Date | bigint | number | undefined;
  /** Only windows that begin before this; left out, before now. Needed for an integer axis whose cadence has no end. */
  readonly to?: Date | bigint | number | undefined;
  /** Only those that stand in one of these ways. */
  readonly statuses?: readonly WindowStatus[] | undefined;
  /** Most windows wanted. */
  readonly limit?: number | undefined;
}

/** A page of cadences. */
export interface CadencePage {
  /** By the names of the nodes; first the one of all nodes that have none of their own. */
  readonly cadences: readonly CadenceView[];
  /** Cursor of the next page; absent at the end. */
  readonly next: string | undefined;
}

const LENGTHS = { millisecond: 1n, minute: 60_000n, hour: 3_600_000n };
const UNITS = ['millisecond', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const;
const STATUSES: readonly WindowStatus[] = ['open', 'missing', 'partial', 'running', 'failed', 'stale', 'done'];

/** Declares into which windows the axis of a node is divided; without a node, of all nodes that have none of their own. */
export function declareCadence(node: string | undefined, given: CadenceInput | undefined): Operation<Done> {
  const of = { node: optionalText(node, 'the name of the node') };
  if (given === undefined) {
    const val = { ...of, cadence: undefined, startDate: undefined };
    return operation({ tag: 'declare-cadence', val }, 'done', same<Done>);
  }
  const { start, end, lagMs, lookback, ...length } = options(given, 'the cadence');
  const startDate = typeof start === 'string' ? start : undefined;
  const cadence = {
    ...lengthToWire(length),
    start: startDate === undefined ? time(start, 'the start of the cadence') : 0n,
    end: optionalTime(end, 'the end of the cadence'),
    lagMs: uint64(lagMs ?? 0, '`lagMs`'),
    lookback: uint32(lookback ?? 0, '`lookback`'),
  };
  return operation({ tag: 'declare-cadence', val: { ...of, cadence, startDate } }, 'done', same<Done>);
}

/** A page of cadences. */
export function listCadences(cursor?: string, limit = 0): Operation<CadencePage> {
  const val = { cursor: optionalText(cursor, 'the cursor'), limit: uint32(limit, '`limit`') };
  return operation({ tag: 'list-cadences', val }, 'cadences', ({ cadences, next }) => {
    return { cadences: cadences.map(cadenceView), next };
  });
}

/** A page of the windows of a node. */
export function listWindows(node: string, given: WindowOptions = {}): Operation<WindowPage> {
  const { partition, from, to, statuses, limit } = options(given, 'the options');
  const val = {
    node: text(node, 'the name of the node'),
    partition: optionalText(partition, 'the partition'),
    from: optionalTime(from, '`from`'),
    to: optionalTime(to, '`to`'),
    statuses: list(statuses ?? [], '`statuses`').map((status) => oneOf(status, 'a status', STATUSES)),
    limit: uint32(limit ?? 0, '`limit`'),
  };
  return operation({ tag: 'list-windows', val }, 'windows', windowPage);
}

/** The window that begins on a date, when the day does in the zone. */
export function findWindow(date: string, length: WindowLength): Operation<Interval> {
  const bounds = { start: 0n, end: undefined, lagMs: 0n, lookback: 0 };
  const cadence = { ...lengthToWire(options(length, 'the length of the window')), ...bounds };
  return operation({ tag: 'find-window', val: { date: text(date, 'the date'), cadence } }, 'window', same<Interval>);
}

type LengthOnWire = Omit<types.Cadence, 'start' | 'end' | 'lagMs' | 'lookback'>;

function lengthToWire({ unit, every, cron, zone, zoneRules: rules, axis }: WindowLength): LengthOnWire {
  const count = uint64(every ?? 1, '`every`');
  const name = optionalText(zone, 'the zone');
  const same = {
    axis: oneOf<Axis>(axis ?? 'time', 'the axis', ['time', 'integer']),
    cron: optionalText(cron, 'the cron expression'),
    zone: name,
    zoneRules: rules === undefined ? zoneRules(name) : bytes(rules, 'the rules of the zone'),
  };
  if (cron !== undefined) return { ...same, unit: 'cron', every: count };
  const fallback = same.axis === 'integer' ? 'millisecond' : unit;
  const known = oneOf(unit ?? fallback, 'the unit of the cadence', UNITS);
  if (known === 'millisecond' || known === 'minute' || known === 'hour') {
    return { ...same, unit: 'fixed', every: uint64(count * LENGTHS[known], '`every`') };
  }
  return { ...same, unit: known, every: count };
}
