import { bytes, entries, flag, list, oneOf, optionalText, options, text, uint32, uint64 } from '../check.js';
import type { commands, types } from '../engine.js';
import { toWire, type ValueInput } from '../values/value.js';
import type { Done } from '../views/shared.js';
import {
  type Acknowledged,
  CHECKPOINT_STATUSES,
  type CheckpointPolicy,
  type CheckpointStatus,
  checkpointTrigger,
  type CheckpointView,
  checkpointView,
  type OperatorSpec,
  reclaimable,
  type Reclaimable,
  streamRestored,
  type StreamRestored,
  type StreamView,
  streamView,
  type Triggered,
  type TriggerWait,
} from '../views/stream.js';
import { byHand, type ByHand, type Holder } from './hwms.js';
import { type Operation, operation, same } from './operation.js';

/** Which checkpoint is meant: `latest`, its number, or the name of a savepoint. */
export type CheckpointRef = 'latest' | bigint | number | { readonly savepoint: string };

/** The operators of a stream, and how it makes checkpoints. */
export interface StreamSpec {
  /** Operators that have state, positions or transactions: by name, the number of their sub-tasks. */
  readonly operators: Readonly<Record<string, number>> | readonly OperatorSpec[];
  /** Groups into which all keys fall, which is the largest parallelism that there can ever be; 128 if left out. */
  readonly keyGroups?: number | undefined;
  /** What is left out is the default: every minute, ten minutes to complete, one at a time, the last three are kept. */
  readonly policy?: Partial<CheckpointPolicy> | undefined;
}

/** A part of a state that is kept elsewhere. */
export interface StatePartInput {
  /** Name, unique in the pipeline, for example a URI. What it stands for never changes. */
  readonly name: string;
  /** Its size, in bytes. */
  readonly sizeBytes: bigint | number;
  /** Digest of its content. */
  readonly digest?: string | undefined;
}

/** What one sub-task hands over at a barrier. */
export interface Acknowledgement {
  /** The operator. */
  readonly operator: string;
  /** The sub-task; 0 if left out. */
  readonly subtask?: number | undefined;
  /** Its state, or what finds it again. */
  readonly state?: Uint8Array | undefined;
  /** Parts of its state that are kept elsewhere, all of them: those that an earlier checkpoint named are shared with it. */
  readonly parts?: readonly StatePartInput[] | undefined;
  /** Positions in sources at the barrier, by the name of the HWM that each becomes. */
  readonly positions?: Readonly<Record<string, ValueInput>> | ReadonlyMap<string, ValueInput> | undefined;
  /** The transaction of a sink that is pre-committed: what commits or aborts it. */
  readonly transaction?: Uint8Array | undefined;
}

/** Names the transaction of a sink's sub-task in a checkpoint. */
export interface TransactionRef {
  /** The checkpoint. */
  readonly checkpoint: bigint;
  /** The operator. */
  readonly operator: string;
  /** The sub-task. */
  readonly subtask: number;
}

/** Under which lease something is done. */
export interface UnderLease {
  /** The lease of whoever coordinates the stream: if it was lost, nothing happens and the error is `fenced`. */
  readonly lease?: Holder | undefined;
}

/** How a checkpoint is triggered. */
export interface TriggerOptions extends UnderLease {
  /** Keep it under this name until somebody deletes it. */
  readonly savepoint?: string | undefined;
  /** Only if the policy says that one is due. */
  readonly ifDue?: boolean | undefined;
}

/** How a stream starts. */
export interface RestoreOptions extends UnderLease {
  /** Why; needed if it is not the latest. */
  readonly reason?: string | undefined;
  /** Who. */
  readonly actor?: string | undefined;
  /** Let go of the state of operators that are not declared any more. */
  readonly dropOperators?: boolean | undefined;
  /** Only say what would happen. */
  readonly dryRun?: boolean | undefined;
}

const DEFAULT_POLICY: CheckpointPolicy = {
  intervalMs: 60_000,
  timeoutMs: 600_000,
  minPauseMs: 0,
  maxInFlight: 1,
  retain: 3,
  expireMs: 0,
};

/** Declares the operators of a stream and its policy; the same again changes nothing. */
export function declareStream(spec: StreamSpec): Operation<Done> {
  const { operators, keyGroups, policy } = options(spec, 'the stream');
  const val = {
    operators: operatorSpecs(operators),
    keyGroups: uint32(keyGroups ?? 0, '`keyGroups`'),
    policy: policy && checkpointPolicy({ ...DEFAULT_POLICY, ...options(policy, 'the policy') }),
  };
  return operation({ tag: 'declare-stream', val }, 'done', same<Done>);
}

function operatorSpecs(operators: StreamSpec['operators']): types.OperatorSpec[] {
  const pairs: (readonly [unknown, unknown])[] = Array.isArray(operators)
    ? operators.map((it: OperatorSpec) => [it.name, it.parallelism])
    : entries(operators as Readonly<Record<string, number>>, 'the operators');
  return pairs.map(([name, parallelism]) => ({
    name: text(name, 'the name of the operator'),
    parallelism: uint32(parallelism, 'the parallelism'),
  }));
}

function checkpointPolicy(policy: CheckpointPolicy): types.CheckpointPolicy {
  return {
    intervalMs: uint64(policy.intervalMs, '`intervalMs`'),
    timeoutMs: uint64(policy.timeoutMs, '`timeoutMs`'),
    minPauseMs: uint64(policy.minPauseMs, '`minPauseMs`'),
    maxInFlight: uint32(policy.maxInFlight, '`maxInFlight`'),
    retain: uint32(policy.retain, '`retain`'),
    expireMs: uint64(policy.expireMs, '`expireMs`'),
  };
}

/** The stream, what is under way, and what sinks have to settle; nothing if none is declared. */
export function describeStream(): Operation<StreamView | undefined> {
  return operation({ tag: 'describe-stream' }, 'stream', (view) => view && streamView(view));
}

/** Starts the stream from a checkpoint, or says what that would mean. */
export function restoreStream(from: CheckpointRef = 'latest', how: RestoreOptions = {}): Operation<StreamRestored> {
  const val = {
    from: checkpointRef(from),
    dropOperators: flag(how.dropOperators, '`dropOperators`'),
    dryRun: flag(how.dryRun, '`dryRun`'),
    holder: holder(how.lease),
    reason: text(how.reason ?? '', 'the reason'),
    actor: optionalText(how.actor, 'the actor'),
  };
  return operation({ tag: 'restore-stream', val }, 'stream-restored', streamRestored);
}

/** Begins a checkpoint, if it is time. */
export function triggerCheckpoint(how: TriggerOptions = {}): Operation<Triggered | TriggerWait> {
  const val = {
    savepoint: optionalText(how.savepoint, 'the name of the savepoint'),
    ifDue: flag(how.ifDue, '`ifDue`'),
    holder: holder(how.lease),
  };
  return operation({ tag: 'trigger-checkpoint', val }, 'checkpoint-trigger', checkpointTrigger);
}

/** Hands over what sub-tasks have of a checkpoint; the last one completes it. */
export function acknowledgeCheckpoint(
  checkpoint: bigint | number,
  acknowledgements: readonly Acknowledgement[],
  { lease }: UnderLease = {},
): Operation<Acknowledged> {
  const val = {
    checkpoint: uint64(checkpoint, 'the checkpoint'),
    acknowledgements: list(acknowledgements, 'the acknowledgements').map((it) =>
      acknowledgement(it as Acknowledgement),
    ),
    holder: holder(lease),
  };
  return operation({ tag: 'acknowledge-checkpoint', val }, 'acknowledged', same<Acknowledged>);
}

function acknowledgement(given: Acknowledgement): commands.Acknowledgement {
  const { operator, subtask, state, parts, positions, transaction } = options(given, 'an acknowledgement');
  const part = (it: StatePartInput) => ({
    name: text(it.name, 'the name of the part'),
    sizeBytes: uint64(it.sizeBytes, 'the size of the part'),
    digest: optionalText(it.digest, 'the digest of the part'),
  });
  const position = ([name, value]: [string, ValueInput]) => ({ name, value: toWire(value, `position \`${name}\``) });
  return {
    operator: text(operator, 'the operator'),
    subtask: uint32(subtask ?? 0, 'the sub-task'),
    state: state && bytes(state, 'the state'),
    parts: (parts ?? []).map(part),
    positions: entries<ValueInput>(positions ?? {}, 'the positions').map(position),
    transaction: transaction && bytes(transaction, 'the transaction'),
  };
}

/** Gives up a checkpoint that is under way. */
export function abortCheckpoint(checkpoint: bigint | number, how: ByHand): Operation<Done> {
  const val = { checkpoint: uint64(checkpoint, 'the checkpoint'), ...byHand(how) };
  return operation({ tag: 'abort-checkpoint', val }, 'done', same<Done>);
}

/** One checkpoint with all that was handed over; nothing if the latest is asked for and there is none. */
export function describeCheckpoint(checkpoint: CheckpointRef = 'latest'): Operation<CheckpointView | undefined> {
  const val = { checkpoint: checkpointRef(checkpoint) };
  return operation({ tag: 'describe-checkpoint', val }, 'checkpoint', (view) => view && checkpointView(view));
}

/** A page of checkpoints. */
export interface CheckpointPage {
  /** Newest first. */
  readonly checkpoints: readonly CheckpointView[];
  /** Cursor of the next page; absent at the end. */
  readonly next: bigint | undefined;
}

/** Which checkpoints are listed. */
export interface CheckpointFilter {
  /** Statuses wanted; all if left out. */
  readonly statuses?: readonly CheckpointStatus[] | undefined;
  /** `next` of the page before. */
  readonly cursor?: bigint | undefined;
  /** Most entries of a page. */
  readonly limit?: number | undefined;
}

/** Checkpoints, newest first. */
export function listCheckpoints({ statuses, cursor, limit }: CheckpointFilter = {}): Operation<CheckpointPage> {
  const val = {
    statuses: (statuses ?? []).map((it) => oneOf(it, 'a status', CHECKPOINT_STATUSES)),
    cursor: cursor === undefined ? undefined : uint64(cursor, 'the cursor'),
    limit: uint32(limit ?? 0, '`limit`'),
  };
  return operation({ tag: 'list-checkpoints', val }, 'checkpoints', ({ checkpoints, next }) => ({
    checkpoints: checkpoints.map(checkpointView),
    next,
  }));
}

/** Deletes a completed checkpoint, savepoints too. */
export function deleteCheckpoint(checkpoint: CheckpointRef, how: ByHand): Operation<Done> {
  const val = { checkpoint: checkpointRef(checkpoint), ...byHand(how) };
  return operation({ tag: 'delete-checkpoint', val }, 'done', same<Done>);
}

/** Confirms that transactions of sinks are committed, or aborted, as their checkpoints were. */
export function settleTransactions(transactions: readonly TransactionRef[]): Operation<Done> {
  const reference = ({ checkpoint, operator, subtask }: TransactionRef) => ({
    checkpoint: uint64(checkpoint, 'the checkpoint'),
    operator: text(operator, 'the operator'),
    subtask: uint32(subtask, 'the sub-task'),
  });
  const val = { transactions: transactions.map(reference) };
  return operation({ tag: 'settle-transactions', val }, 'done', same<Done>);
}

/** Parts of states that may be deleted, after those are struck off that the caller has deleted. */
export function reclaimState(deleted: readonly string[] = [], limit = 0): Operation<Reclaimable> {
  const val = { deleted: deleted.map((it) => text(it, 'the name of a part')), limit: uint32(limit, '`limit`') };
  return operation({ tag: 'reclaim-state', val }, 'reclaimable', reclaimable);
}

function checkpointRef(reference: CheckpointRef): commands.CheckpointRef {
  if (reference === 'latest') return { tag: 'latest' };
  if (typeof reference === 'bigint' || typeof reference === 'number') {
    return { tag: 'number', val: uint64(reference, 'the checkpoint') };
  }
  return { tag: 'savepoint', val: text(options(reference, 'the checkpoint').savepoint, 'the name of the savepoint') };
}

function holder(lease: Holder | undefined): commands.Holder | undefined {
  return (
    lease && { lease: text(lease.name, 'the name of the lease'), token: uint64(lease.token, 'the token of the lease') }
  );
}
