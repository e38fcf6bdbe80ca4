import { bytes, flag, options, text, uint64 } from '../check.js';
import type { commands } from '../engine.js';
import { toDate } from '../views/run.js';
import {
  type Counts,
  type CountsInput,
  countsToWire,
  type Done,
  type ErrorRecord,
  errorToWire,
  type Reason,
} from '../views/shared.js';
import { byHand, type ByHand, type HwmValues, hwmUpdates, type UpTo } from './hwms.js';
import { type Operation, operation, same } from './operation.js';

/** Asks to work on a node. */
export interface BeginNodeOptions {
  /** Worker that wants to work; must be unique to its process. */
  readonly worker: string;
  /** How long its beat may stand still before another may take over, in milliseconds; 0 means 30 seconds. */
  readonly leaseMs?: number | undefined;
  /** Run it even if it succeeded or used up its attempts. */
  readonly force?: boolean | undefined;
}

/** Leave to work on a node. */
export interface Go {
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** Fencing token. */
  readonly token: bigint;
  /** Name of the lease behind the attempt. */
  readonly lease: string;
  /** Why it runs. */
  readonly reason: Reason;
  /** Resume state that an earlier attempt of this run left. */
  readonly state: Uint8Array | undefined;
  /** Totals that the attempt before reported last. */
  readonly previous: Counts | undefined;
}

/** Leave the node alone. */
export interface Skip {
  /** Tells the cases apart. */
  readonly kind: 'skip';
  /** Why. */
  readonly reason: Reason;
}

/** Ask again later. */
export interface Wait {
  /** Tells the cases apart. */
  readonly kind: 'wait';
  /** When to ask again; never in the past. */
  readonly until: Date;
  /** Why. */
  readonly reason: Reason;
}

/** Names an attempt and proves that its holder speaks. */
export interface AttemptRef {
  /** Id of the run. */
  readonly run: string;
  /** Name of the node. */
  readonly node: string;
  /** Fencing token. */
  readonly token: bigint;
}

/** How far an attempt is. */
export interface Progress {
  /** Totals of the attempt so far, not increments. */
  readonly counts?: CountsInput | undefined;
  /** State that the next attempt is handed if this one dies; left out, the last one stays. */
  readonly state?: Uint8Array | undefined;
  /** HWMs that move in the same record. */
  readonly hwms?: HwmValues | undefined;
  /** Readers whose HWMs move in the same record, to where they came. */
  readonly upTo?: UpTo | undefined;
}

/** How an attempt ends well. */
export interface Success {
  /** Totals of the attempt; left out, those reported last stay. */
  readonly counts?: CountsInput | undefined;
  /** HWMs that move in the same record. */
  readonly hwms?: HwmValues | undefined;
  /** Readers whose HWMs move in the same record, to where they came. */
  readonly upTo?: UpTo | undefined;
}

/** What follows a failed attempt. */
export interface FailureAnswer {
  /** Earliest time of the next attempt; absent if there will be none. */
  readonly retryAt: Date | undefined;
  /** Attempts made so far. */
  readonly attempts: number;
  /** Why there will be a next attempt, or none. */
  readonly reason: Reason;
}

/** Asks to work on a node: the answer says run, skip or wait. */
export function beginNode(
  run: string,
  node: string,
  given: BeginNodeOptions,
): Operation<{ readonly kind: 'run'; readonly go: Go } | Skip | Wait> {
  const { worker, leaseMs, force } = options(given, 'the options');
  const val = {
    ...nodeOf(run, node),
    worker: text(worker, '`worker`'),
    leaseMs: uint64(leaseMs ?? 0, '`leaseMs`'),
    force: flag(force, '`force`'),
  };
  return operation({ tag: 'begin-node', val }, 'begun', (begun) => {
    switch (begun.tag) {
      case 'run': {
        const { state, previous, ...same } = begun.val;
        return { kind: 'run', go: { ...same, state, previous } };
      }
      case 'skip':
        return { kind: 'skip', reason: begun.val };
      case 'wait':
        return { kind: 'wait', until: toDate(begun.val.untilMs), reason: begun.val.reason };
    }
  });
}

/** Reports how far an attempt is. Counts that are left out are 0. */
export function reportProgress(attempt: AttemptRef, given: Progress): Operation<Done> {
  const { counts = {}, state, hwms = {}, upTo } = options(given, 'the progress');
  const val = {
    attempt: refOf(attempt),
    counts: countsToWire(counts),
    state: state === undefined ? undefined : bytes(state, 'the state of the attempt'),
    hwms: hwmUpdates(hwms, upTo),
  };
  return operation({ tag: 'report-progress', val }, 'done', same<Done>);
}

/** Ends an attempt well. */
export function succeedAttempt(attempt: AttemptRef, { counts, hwms = {}, upTo }: Success = {}): Operation<Done> {
  const val = {
    attempt: refOf(attempt),
    counts: counts === undefined ? undefined : countsToWire(counts),
    hwms: hwmUpdates(hwms, upTo),
  };
  return operation({ tag: 'succeed-attempt', val }, 'done', same<Done>);
}

/** Ends an attempt badly: the retry policy decides what comes next. `error` is an `Error`, a text or a record. */
export function failAttempt(
  attempt: AttemptRef,
  error: Error | string | ErrorRecord,
  counts?: CountsInput,
): Operation<FailureAnswer> {
  const val = {
    attempt: refOf(attempt),
    counts: counts === undefined ? undefined : countsToWire(counts),
    error: errorToWire(error),
  };
  return operation({ tag: 'fail-attempt', val }, 'failed', ({ retryAtMs, ...rest }) => ({
    ...rest,
    retryAt: toDate(retryAtMs),
  }));
}

/** Makes a node run again whatever its status is. */
export function forceNode(run: string, node: string, how: ByHand): Operation<Done> {
  return operation({ tag: 'force-node', val: { ...nodeOf(run, node), ...byHand(how) } }, 'done', same<Done>);
}

function nodeOf(run: string, node: string): { run: string; node: string } {
  return { run: text(run, 'the id of the run'), node: text(node, 'the name of the node') };
}

function refOf({ run, node, token }: AttemptRef): commands.AttemptRef {
  return { ...nodeOf(run, node), token: uint64(token, 'the token of the attempt') };
}
