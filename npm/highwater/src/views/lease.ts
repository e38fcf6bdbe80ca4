import type { answers } from '../engine.js';
import { toDate } from './run.js';

/** What an observer saw before it took over a lease: the holder's beat stood still. */
export interface Evidence {
  /** Worker that watched. */
  readonly observer: string;
  /** Beat of the holder that it saw all the time; absent if there never was one. */
  readonly beat: bigint | undefined;
  /** For how long it watched, on its own clock, in milliseconds. */
  readonly stillMs: number;
}

/** A lease as it stands. */
export interface LeaseView {
  /** Name. */
  readonly name: string;
  /** Worker that holds it. */
  readonly worker: string;
  /** Fencing token. */
  readonly token: bigint;
  /** Length, in milliseconds. */
  readonly leaseMs: number;
  /** When it was granted. */
  readonly acquiredAt: Date;
  /** What the holder saw of the one before, if it took over. */
  readonly evidence: Evidence | undefined;
}

/** A lease that somebody else holds. */
export interface Held {
  /** Tells the cases apart. */
  readonly kind: 'held';
  /** Worker that holds it. */
  readonly worker: string;
  /** Its token. */
  readonly token: bigint;
  /** When to ask again: by then its beat must have moved, or you may take over. */
  readonly until: Date;
}

/** A lease in the hands of a worker. */
export interface Holding {
  /** Name of the lease. */
  readonly lease: string;
  /** Its token. */
  readonly token: bigint;
}

/** A worker as its beats and leases show it. */
export interface WorkerView {
  /** Name. */
  readonly worker: string;
  /** Number of its last beat; absent if it never beat. */
  readonly beat: bigint | undefined;
  /** Time of its last beat on its own clock. */
  readonly beatAt: Date | undefined;
  /** Where it runs. */
  readonly place: string | undefined;
  /** Leases that it holds. */
  readonly leases: readonly Holding[];
  /** That it shall stop, if somebody said so. */
  readonly stop: StopView | undefined;
}

/** That a worker shall stop. */
export interface StopView {
  /** When what it still holds is taken away; absent if it is only asked. */
  readonly fenceAt: Date | undefined;
  /** Why. */
  readonly reason: string;
  /** Who. */
  readonly actor: string | undefined;
}

/** A lease whose holder is asked to let go of it at the next safe place. */
export interface StopAsked extends StopView {
  /** The lease. */
  readonly holding: Holding;
  /** What is behind it: the run of the attempt is paused, and it may end as usual; or the worker shall stop. */
  readonly cause: 'run-paused' | 'worker-stopped';
}

/** What asking a worker to stop came to. */
export interface WorkerStop {
  /** The worker. */
  readonly worker: string;
  /** What it still holds. */
  readonly holds: readonly Holding[];
  /** What was taken away from it now. */
  readonly fenced: readonly Holding[];
  /** When what it still holds is taken away; absent if it is only asked. */
  readonly fenceAt: Date | undefined;
}

/** What a beat brings back. */
export interface Beaten {
  /** Leases that the worker holds. */
  readonly leases: readonly Holding[];
  /** Those of them that it is asked to let go of at the next safe place. */
  readonly stop: readonly StopAsked[];
}

/** @internal */
export function leaseView({ leaseMs, acquiredAtMs, evidence, ...same }: answers.LeaseView): LeaseView {
  const seen = evidence && { observer: evidence.observer, beat: evidence.beat, stillMs: Number(evidence.stillMs) };
  return { ...same, leaseMs: Number(leaseMs), acquiredAt: toDate(acquiredAtMs), evidence: seen };
}

/** @internal */
export function heldView({ untilMs, ...same }: answers.Held): Held {
  return { kind: 'held', ...same, until: toDate(untilMs) };
}

/** @internal */
export function workerView({ beatAtMs, stop, ...same }: answers.WorkerView): WorkerView {
  return { ...same, beatAt: toDate(beatAtMs), stop: stop && stopView(stop) } as WorkerView;
}

/** @internal */
export function beatenView({ leases, stop }: answers.Beaten): Beaten {
  return { leases, stop: stop.map(({ holding, cause, ...same }) => ({ holding, cause, ...stopView(same) })) };
}

/** @internal */
export function workerStopView({ fenceAtMs, ...same }: answers.WorkerStop): WorkerStop {
  return { ...same, fenceAt: toDate(fenceAtMs) };
}

function stopView({ fenceAtMs, reason, actor }: answers.StopView): StopView {
  return { fenceAt: toDate(fenceAtMs), reason, actor };
}
