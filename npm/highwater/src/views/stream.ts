import type { answers, types } from '../engine.js';
import { fromWire, type Value } from '../values/value.js';
import { toDate } from './run.js';

/** Status of a checkpoint. */
export type CheckpointStatus = 'in-progress' | 'completed' | 'aborted' | 'discarded';
/** What is to be done with a transaction of a sink. */
export type TransactionStatus = 'prepared' | 'committing' | 'aborting' | 'committed' | 'aborted';

/** All statuses of a checkpoint. @internal */
export const CHECKPOINT_STATUSES: readonly CheckpointStatus[] = ['in-progress', 'completed', 'aborted', 'discarded'];

/** An operator of a stream. */
export interface OperatorSpec {
  /** Name, unique in the stream. */
  readonly name: string;
  /** Sub-tasks that share its work. */
  readonly parallelism: number;
}

/** When checkpoints are made, and how many are kept. */
export interface CheckpointPolicy {
  /** From one trigger to the next, in milliseconds; 0 makes them by hand only. */
  readonly intervalMs: number;
  /** A checkpoint that is not complete after this time is aborted, in milliseconds. */
  readonly timeoutMs: number;
  /** Least pause from the end of one to the trigger of the next, in milliseconds. */
  readonly minPauseMs: number;
  /** Most that are under way at once. */
  readonly maxInFlight: number;
  /** Completed ones that are kept, savepoints not counted. */
  readonly retain: number;
  /** Completed ones that are older are dropped, but never the newest, in milliseconds; 0 keeps them. */
  readonly expireMs: number;
}

/** A part of a state that is kept elsewhere: a file, an object. */
export interface StatePart {
  /** Name, unique in the pipeline, for example a URI. What it stands for never changes. */
  readonly name: string;
  /** Its size, in bytes. */
  readonly sizeBytes: bigint;
  /** Digest of its content, in the words of whoever made it. */
  readonly digest: string | undefined;
}

/** A stream as it stands. */
export interface StreamView {
  /** Operators, by name. */
  readonly operators: readonly OperatorSpec[];
  /** Groups into which all keys fall. */
  readonly keyGroups: number;
  /** When checkpoints are made, and how many are kept. */
  readonly policy: CheckpointPolicy;
  /** Number of the last start; 0 if it never started. */
  readonly generation: bigint;
  /** The checkpoint that it started from last. */
  readonly restoredFrom: bigint | undefined;
  /** The checkpoint that a start from the latest would begin with. */
  readonly latest: bigint | undefined;
  /** Checkpoints that are under way, oldest first. */
  readonly inFlight: readonly bigint[];
  /** Checkpoints that are completed and kept, oldest first. */
  readonly retained: readonly bigint[];
  /** When the policy wants the next one; absent if by hand only. */
  readonly dueAt: Date | undefined;
  /** Transactions that sinks have to commit or to abort. */
  readonly transactions: readonly TransactionView[];
  /** Parts of states that are kept elsewhere and needed. */
  readonly parts: bigint;
  /** Parts that nothing needs any more, and that may be deleted. */
  readonly reclaimable: bigint;
}

/** A transaction of a sink that is not settled. */
export interface TransactionView {
  /** The checkpoint. */
  readonly checkpoint: bigint;
  /** The operator. */
  readonly operator: string;
  /** The sub-task, from 0. */
  readonly subtask: number;
  /** What is to be done with it. */
  readonly status: TransactionStatus;
  /** What commits or aborts it. */
  readonly transaction: Uint8Array;
}

/** A checkpoint begins: send its barrier into the sources. */
export interface Triggered {
  /** Tells the cases apart. */
  readonly kind: 'triggered';
  /** Number of the checkpoint, which is that of its barrier. */
  readonly checkpoint: bigint;
  /** When it is aborted if it is not complete. */
  readonly deadlineAt: Date;
}

/** No checkpoint begins now. */
export interface TriggerWait {
  /** Tells the cases apart. */
  readonly kind: 'wait';
  /** When to ask again; absent if only a hand can trigger one. */
  readonly until: Date | undefined;
  /** Why not now. */
  readonly reason: string;
}

/** What was handed over is safe. */
export interface Acknowledged {
  /** Status of the checkpoint now. */
  readonly status: CheckpointStatus;
  /** Sub-tasks that have not acknowledged. */
  readonly missing: bigint;
  /** Version of the pipeline at which it holds. */
  readonly version: bigint;
  /** Transactions that are to be committed now, because the checkpoint is completed. */
  readonly commit: readonly TransactionView[];
}

/** A checkpoint as it stands. */
export interface CheckpointView {
  /** Number. */
  readonly checkpoint: bigint;
  /** Status. */
  readonly status: CheckpointStatus;
  /** Name under which it is kept, if it is a savepoint. */
  readonly savepoint: string | undefined;
  /** The operators that it is over. */
  readonly operators: readonly OperatorSpec[];
  /** Groups into which all keys fall. */
  readonly keyGroups: number;
  /** Which start of the stream it belongs to. */
  readonly generation: bigint;
  /** Token of the lease under which it was triggered; 0 if there was none. */
  readonly token: bigint;
  /** When it was triggered. */
  readonly triggeredAt: Date;
  /** When it was completed or aborted. */
  readonly endedAt: Date | undefined;
  /** Sub-tasks that have not acknowledged. */
  readonly missing: bigint;
  /** Size of its state, shared parts included, in bytes. */
  readonly sizeBytes: bigint;
  /** Size of what was new with it, in bytes. */
  readonly addedBytes: bigint;
  /** Why it was aborted. */
  readonly abortReason: string | undefined;
  /** Who aborted it. */
  readonly abortActor: string | undefined;
  /** What the sub-tasks handed over, by operator and sub-task; empty in lists. */
  readonly acknowledgements: readonly AcknowledgementView[];
}

/** What one sub-task handed over at a barrier. */
export interface AcknowledgementView {
  /** The operator. */
  readonly operator: string;
  /** The sub-task, from 0. */
  readonly subtask: number;
  /** When it came. */
  readonly at: Date;
  /** Its state, or what finds it again. */
  readonly state: Uint8Array | undefined;
  /** Parts of its state that are kept elsewhere. */
  readonly parts: readonly StatePart[];
  /** Positions in sources, by name. */
  readonly positions: ReadonlyMap<string, Value>;
}

/** A start of a stream, done or only planned. */
export interface StreamRestored {
  /** The checkpoint that it starts from; absent if it starts from the beginning. */
  readonly checkpoint: CheckpointView | undefined;
  /** Number of this start: whoever writes under an earlier one is stale. */
  readonly generation: bigint;
  /** False if it was only asked. */
  readonly applied: boolean;
  /** Where to go on in the sources, by name. */
  readonly positions: ReadonlyMap<string, Value>;
  /** Who takes over which part of whose state. */
  readonly assignments: readonly Assignment[];
  /** Checkpoints that are under way and are aborted by this. */
  readonly aborted: readonly bigint[];
  /** Transactions of completed checkpoints that must be committed, maybe again, before anything is written. */
  readonly commit: readonly TransactionView[];
  /** Transactions of checkpoints that did not complete, which must be aborted. */
  readonly abort: readonly TransactionView[];
  /** Completed checkpoints that are newer: what they stand for was given to the sinks, and will be given again. */
  readonly repeated: readonly bigint[];
  /** Operators with state in the checkpoint that are not declared any more. */
  readonly droppedOperators: readonly string[];
}

/** What a sub-task takes over. */
export interface Assignment {
  /** The operator. */
  readonly operator: string;
  /** The sub-task, from 0. */
  readonly subtask: number;
  /** First of its key groups. */
  readonly firstGroup: number;
  /** Last of its key groups. */
  readonly lastGroup: number;
  /** Sub-tasks of the checkpoint that had some of these groups. */
  readonly from: readonly number[];
}

/** Parts of states that may be deleted. */
export interface Reclaimable {
  /** Parts that nothing needs any more: delete them, and say so with the next call. */
  readonly parts: readonly StatePart[];
  /** True if there are more. */
  readonly more: boolean;
}

function numbers(list: BigUint64Array | readonly bigint[]): bigint[] {
  return [...list];
}

function positions(list: readonly types.SourcePosition[]): ReadonlyMap<string, Value> {
  return new Map(list.map(({ name, value }) => [name, fromWire(value)]));
}

/** @internal */
export function streamView(view: answers.StreamView): StreamView {
  const { policy, dueAtMs, inFlight, retained, ...same } = view;
  return {
    ...same,
    restoredFrom: view.restoredFrom,
    latest: view.latest,
    inFlight: numbers(inFlight),
    retained: numbers(retained),
    dueAt: toDate(dueAtMs),
    policy: {
      intervalMs: Number(policy.intervalMs),
      timeoutMs: Number(policy.timeoutMs),
      minPauseMs: Number(policy.minPauseMs),
      maxInFlight: policy.maxInFlight,
      retain: policy.retain,
      expireMs: Number(policy.expireMs),
    },
  };
}

/** @internal */
export function checkpointTrigger(answer: answers.CheckpointTrigger): Triggered | TriggerWait {
  if (answer.tag === 'wait') {
    return { kind: 'wait', until: toDate(answer.val.untilMs), reason: answer.val.reason };
  }
  const { checkpoint, deadlineAtMs } = answer.val;
  return { kind: 'triggered', checkpoint, deadlineAt: toDate(deadlineAtMs) };
}

/** @internal */
export function checkpointView(view: answers.CheckpointView): CheckpointView {
  const { triggeredAtMs, endedAtMs, acknowledgements, ...same } = view;
  return {
    ...same,
    savepoint: view.savepoint,
    abortReason: view.abortReason,
    abortActor: view.abortActor,
    triggeredAt: toDate(triggeredAtMs),
    endedAt: toDate(endedAtMs),
    acknowledgements: acknowledgements.map(({ atMs, ...it }) => ({
      ...it,
      state: it.state,
      parts: it.parts.map(statePart),
      at: toDate(atMs),
      positions: positions(it.positions),
    })),
  };
}

function statePart(part: types.StatePart): StatePart {
  return { ...part, digest: part.digest };
}

/** @internal */
export function streamRestored(answer: answers.StreamRestored): StreamRestored {
  return {
    ...answer,
    checkpoint: answer.checkpoint && checkpointView(answer.checkpoint),
    positions: positions(answer.positions),
    assignments: answer.assignments.map((it) => ({ ...it, from: [...it.from] })),
    aborted: numbers(answer.aborted),
    repeated: numbers(answer.repeated),
  };
}

/** @internal */
export function reclaimable({ parts, more }: answers.Reclaimable): Reclaimable {
  return { parts: parts.map(statePart), more };
}
