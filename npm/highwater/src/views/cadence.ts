import type { answers, types } from '../engine.js';
import type { Axis, Interval } from './coverage.js';
import { toDate } from './run.js';

/** What the length of a window is counted in: milliseconds or whole numbers, units of a calendar, or times that a cron expression names. */
export type CadenceUnit = 'fixed' | 'day' | 'week' | 'month' | 'quarter' | 'year' | 'cron';

/** How an axis is divided into windows, and when a window is due. */
export interface Cadence {
  /** What the numbers are. */
  readonly axis: Axis;
  /** What the length of a window is counted in. */
  readonly unit: CadenceUnit;
  /** How many of the unit a window has. */
  readonly every: bigint;
  /** The cron expression: minute, hour, day of the month, month, day of the week. */
  readonly cron: string | undefined;
  /** Name of the zone whose clock counts; absent means UTC. */
  readonly zone: string | undefined;
  /** The rules of that zone, as they were known when the cadence was declared. */
  readonly zoneRules: Uint8Array | undefined;
  /** Where the first window begins; with cron, where the first one may begin. */
  readonly start: bigint;
  /** No window ends after this; absent goes on for ever. */
  readonly end: bigint | undefined;
  /** A window is due this long after its end, in milliseconds. */
  readonly lagMs: bigint;
  /** Windows before the newest one that are done again with it. */
  readonly lookback: number;
}

/** The cadence of a node. */
export interface CadenceView {
  /** Name of the node; absent means all nodes that have no cadence of their own. */
  readonly node: string | undefined;
  /** The cadence. */
  readonly cadence: Cadence;
}

/**
 * How a window stands: not due yet; due and not begun; done in part; worked on; failed at; to be done again; all of it done.
 */
export type WindowStatus = 'open' | 'missing' | 'partial' | 'running' | 'failed' | 'stale' | 'done';

/** A window of a cadence. */
export interface WindowView extends Interval {
  /** How it stands. */
  readonly status: WindowStatus;
  /** From when on it is due; absent on an integer axis. */
  readonly dueAt: Date | undefined;
  /** The run that works on it, or did last. */
  readonly run: string | undefined;
}

/** A page of windows. */
export interface WindowPage {
  /** What the numbers are. */
  readonly axis: Axis;
  /** In order. */
  readonly windows: readonly WindowView[];
  /** `from` of the next page, which may be empty; absent at the end. */
  readonly next: bigint | undefined;
}

/** @internal */
export function cadenceView({ node, cadence }: answers.CadenceView): CadenceView {
  return { node, cadence: cadence as types.Cadence & Cadence };
}

/** @internal */
export function windowPage({ windows, ...same }: answers.Windows): WindowPage {
  return {
    ...same,
    windows: windows.map(({ dueAtMs, ...window }) => ({ ...window, dueAt: toDate(dueAtMs) })),
  } as WindowPage;
}
