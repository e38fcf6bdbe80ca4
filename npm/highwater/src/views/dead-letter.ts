import type { answers } from '../engine.js';
import { toDate } from './run.js';
import type { ErrorRecord } from './shared.js';

/** An item that a node could not work on. */
export interface DeadLetter {
  /** Name of the node. */
  readonly node: string;
  /** What tells it from the other items of the node. */
  readonly key: string;
  /** Why it could not be worked on the last time. */
  readonly error: ErrorRecord;
  /** The item, or as much of it as was given. */
  readonly payload: Uint8Array | undefined;
  /** Run that put it aside last. */
  readonly run: string;
  /** Number of the attempt. */
  readonly attempt: number;
  /** When. */
  readonly at: Date;
  /** How often it was put aside. */
  readonly times: number;
  /** Why it is to be worked on again, if it is. */
  readonly requeued: Requeued | undefined;
}

/** Why an item is to be worked on again. */
export interface Requeued {
  /** Since when. */
  readonly at: Date;
  /** Why. */
  readonly reason: string;
  /** Who. */
  readonly actor: string | undefined;
}

/** @internal */
export function deadLetter({ atMs, requeued, ...same }: answers.DeadLetter): DeadLetter {
  const again = requeued && { at: toDate(requeued.atMs), reason: requeued.reason, actor: requeued.actor };
  return { ...same, at: toDate(atMs), requeued: again } as DeadLetter;
}
