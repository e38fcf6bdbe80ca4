import { bytes, list, oneOf, options, optionalText, text, uint32, uint64 } from '../check.js';
import { type BatchStatus, type BatchView, batchView, type SinkKind } from '../views/batch.js';
import { type CountsInput, countsToWire, type Done } from '../views/shared.js';
import { coveredToWire, type IntervalInput } from './coverage.js';
import { byHand, type ByHand, type HwmValues, hwmUpdates, type UpTo } from './hwms.js';
import { type AttemptRef, refOf } from './nodes.js';
import { type Operation, operation, same } from './operation.js';

/** What comes with a batch. */
export interface BatchContent {
  /** HWMs that move when it is committed. */
  readonly hwms?: HwmValues | undefined;
  /** Readers whose HWMs move when it is committed, to where they came. */
  readonly upTo?: UpTo | undefined;
  /** Intervals that are done when it is committed. Nobody else may work on them. */
  readonly covered?: readonly IntervalInput[] | undefined;
  /** Partition that they are of; that of the attempt if left out. */
  readonly partition?: string | undefined;
  /** State for the next attempt, if this one dies after the batch was committed. */
  readonly state?: Uint8Array | undefined;
  /** Totals of the attempt with it. */
  readonly counts?: CountsInput | undefined;
  /** Why batches that are in doubt do not matter any more; without it, the batch is refused while there are any. */
  readonly supersede?: string | undefined;
}

/** A batch that is written down. */
export interface Prepared {
  /** Its number: a fencing token, larger than every token before. */
  readonly batch: bigint;
  /** What the sink is to know it by; no two batches have the same. */
  readonly key: string;
}

/** Which batches are listed. */
export interface BatchFilter {
  /** Those in these statuses; all if left out. */
  readonly statuses?: readonly BatchStatus[] | undefined;
  /** Those of this node. */
  readonly node?: string | undefined;
  /** At most so many. */
  readonly limit?: number | undefined;
}

const STATUSES: readonly BatchStatus[] = ['prepared', 'in-doubt', 'committed', 'aborted'];
const SINKS: readonly SinkKind[] = ['transactional', 'idempotent', 'token', 'at-least-once'];

/** Writes down what a sink is to take at once, before it does. */
export function prepareBatch(attempt: AttemptRef, content: BatchContent = {}): Operation<Prepared> {
  const { hwms = {}, upTo, state, counts, supersede, covered = [], partition } = options(content, 'the batch');
  const val = {
    attempt: refOf(attempt),
    hwms: hwmUpdates(hwms, upTo),
    state: state === undefined ? undefined : bytes(state, 'the state of the attempt'),
    counts: counts === undefined ? undefined : countsToWire(counts),
    supersede: optionalText(supersede, '`supersede`') ?? '',
    covered: coveredToWire(covered, partition),
  };
  return operation({ tag: 'prepare-batch', val }, 'prepared', same<Prepared>);
}

/** Says that the sink took a batch: by the attempt that holds its node, or by hand if it is in doubt. */
export function commitBatch(batch: bigint | number, how: AttemptRef | ByHand, receipt?: string): Operation<Done> {
  const val = {
    batch: uint64(batch, 'the number of the batch'),
    receipt: optionalText(receipt, 'the receipt'),
    ...saidBy(how, ''),
  };
  return operation({ tag: 'commit-batch', val }, 'done', same<Done>);
}

/** Says that the sink did not take a batch and will not: by the attempt that holds its node, or by hand if it is in doubt. */
export function abortBatch(batch: bigint | number, how: AttemptRef | ByHand, reason?: string): Operation<Done> {
  const val = { batch: uint64(batch, 'the number of the batch'), ...saidBy(how, reason ?? '') };
  return operation({ tag: 'abort-batch', val }, 'done', same<Done>);
}

/** Batches, newest first. */
export function listBatches({ statuses = [], node, limit }: BatchFilter = {}): Operation<BatchView[]> {
  const val = {
    statuses: list(statuses, 'the statuses').map((status) => oneOf(status, 'a status', STATUSES)),
    node: optionalText(node, 'the name of the node'),
    limit: uint32(limit ?? 0, '`limit`'),
  };
  return operation({ tag: 'list-batches', val }, 'batches', (batches) => batches.map(batchView));
}

/** Declares what the sink of a node does with rows that come twice. */
export function declareSink(node: string, kind: SinkKind): Operation<Done> {
  const val = { node: text(node, 'the name of the node'), kind: oneOf(kind, 'the kind of the sink', SINKS) };
  return operation({ tag: 'declare-sink', val }, 'done', same<Done>);
}

function saidBy(how: AttemptRef | ByHand, reason: string) {
  if ('token' in options(how, 'the attempt, or the reason')) {
    return { attempt: refOf(how as AttemptRef), reason: text(reason, 'the reason'), actor: undefined };
  }
  return { attempt: undefined, ...byHand(how as ByHand) };
}
