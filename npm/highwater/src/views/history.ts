import type { answers } from '../engine.js';
import { type LeaseView, leaseView } from './lease.js';

/** What differs between two moments. */
export interface Diff {
  /** Version of the state before. */
  readonly fromVersion: bigint;
  /** Version of the state after. */
  readonly toVersion: bigint;
  /** What differs, in order of kind and key. */
  readonly changes: readonly Change[];
  /** True if there are more changes than are listed. */
  readonly truncated: boolean;
}

/** One thing that differs between two states. */
export interface Change {
  /** What kind of thing: `attempt`, `graph`, `hwm`, `lease`, `node` or `run`. */
  readonly kind: string;
  /** Its name; of a node `run/node`, of an attempt `run/node/number`, of the graph empty. */
  readonly key: string;
  /** The thing before, as JSON text; absent if it was not there. */
  readonly before: string | undefined;
  /** The thing after, as JSON text; absent if it is not there any more. */
  readonly after: string | undefined;
}

/** A revert, done or only planned. */
export interface Reverted {
  /** Version of the state that was left. */
  readonly fromVersion: bigint;
  /** Version of the state that was gone back to. */
  readonly toVersion: bigint;
  /** Version of the pipeline at which it holds. */
  readonly version: bigint;
  /** False if nothing was written: it was only asked, or nothing differs. */
  readonly applied: boolean;
  /** What changed, in order of kind and key. */
  readonly changes: readonly Change[];
  /** True if there are more changes than are listed. */
  readonly truncated: boolean;
  /** Leases that were held and whose holders are fenced, those of running attempts included. */
  readonly interrupted: readonly LeaseView[];
}

/** A pipeline starts with the state of another one. */
export interface Forked {
  /** Id of the pipeline whose state was taken. */
  readonly source: string;
  /** Its version. */
  readonly sourceVersion: bigint;
  /** Version of the new pipeline at which it holds. */
  readonly version: bigint;
}

/** @internal */
export function diffView(answer: answers.Diff): Diff {
  return answer as Diff;
}

/** @internal */
export function reverted({ interrupted, ...same }: answers.Reverted): Reverted {
  return { ...same, interrupted: interrupted.map(leaseView) } as Reverted;
}
