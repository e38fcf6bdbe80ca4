import { bytes, entries, flag, list, oneOf, options, optionalText, text, uint64 } from '../check.js';
import type { commands } from '../engine.js';
import { type NodeSummary, nodeSummary } from '../views/node.js';
import { type BatchView, batchView } from '../views/batch.js';
import type { Interval } from '../views/coverage.js';
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
import { type Cover, coveredToWire, coverToWire, type IntervalInput } from './coverage.js';
import { byHand, type ByHand, type HwmValues, hwmUpdates, type UpTo } from './hwms.js';
import { type Operation, operation, same } from './operation.js';
import { outcomesToWire, type PartitionOutcome, type PartitionsWanted, wantedToWire } from './partitions.js';

/** Asks to work on a node. */
export interface BeginNodeOptions {
  /** Worker that wants to work; must be unique to its process. */
  readonly worker: string;
  /** How long its beat may stand still before another may take over, in milliseconds; 0 means 30 seconds. */
  readonly leaseMs?: number | undefined;
  /** Run it even if it succeeded or used up its attempts. */
  readonly force?: boolean | undefined;
  /**
   * What it would work on, by name: `code`, `config`, `input`, each with a digest or a version of it. While that, the successes of the
   * nodes before it and its artifacts are as at its last success, it is skipped as `cached`. Left out, it runs.
   */
  readonly fingerprint?: Readonly<Record<string, string>> | undefined;
  /** Take artifacts that nobody can look at for unchanged; otherwise they are a reason to run. */
  readonly trustUnknown?: boolean | undefined;
  /** What it shall cover; left out if the work has no intervals. Where all of it is done, the node is skipped, unless forced. */
  readonly cover?: Cover | undefined;
  /** Which partitions it wants to be handed, never beside `cover`. Where all of them are done, the node is skipped, unless forced. */
  readonly partitions?: PartitionsWanted | undefined;
}

/** An output that an attempt names at its end. What is left out is looked up, as far as `check` wants it. */
export interface ArtifactReport {
  /** Where it is: a path, or a URI that the {@link Inspector} can look at. */
  readonly uri: string;
  /** Its bytes. */
  readonly sizeBytes?: bigint | number | undefined;
  /** Digest of its content. */
  readonly digest?: string | undefined;
  /** What must still be so for the success to stand for a later one; `digest` if left out: all of it is read. */
  readonly check?: 'existence' | 'size' | 'digest' | undefined;
}

/** How a node is made to run again by hand. */
export interface ForceOptions extends ByHand {
  /** The nodes after it run again too, each when those before it are done. */
  readonly downstream?: boolean | undefined;
}

/** How a node is skipped by hand. */
export interface SkipNodeOptions extends ByHand {
  /** The nodes after it are skipped too; otherwise it counts as done for them. */
  readonly downstream?: boolean | undefined;
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
  /** Batches of this node that are in doubt, oldest first. */
  readonly inDoubt: readonly BatchView[];
  /** Intervals to work on, if it was asked for some: in order, and nobody else's while the attempt lives. */
  readonly intervals: readonly Interval[];
  /** Partitions to work on, if it was asked for some: in the order of their keys, and nobody else's while the attempt lives. */
  readonly partitions: readonly string[];
  /** When it has failed if it has not ended before: by the deadline of its node or of its run, whichever is first. */
  readonly deadline: Date | undefined;
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
  /** Intervals that are done in the same record. */
  readonly covered?: readonly IntervalInput[] | undefined;
  /** Partition that they are of; left out where the node has none. */
  readonly partition?: string | undefined;
  /** What became of partitions, in the same record. */
  readonly partitions?: readonly PartitionOutcome[] | undefined;
}

/** How an attempt ends well. */
export interface Success {
  /** Totals of the attempt; left out, those reported last stay. */
  readonly counts?: CountsInput | undefined;
  /** HWMs that move in the same record. */
  readonly hwms?: HwmValues | undefined;
  /** Readers whose HWMs move in the same record, to where they came. */
  readonly upTo?: UpTo | undefined;
  /** What it made: paths, or reports that say more. One that is not there is refused. */
  readonly artifacts?: readonly (string | ArtifactReport)[] | undefined;
  /** Intervals that are done in the same record. What else it was handed is done as well. */
  readonly covered?: readonly IntervalInput[] | undefined;
  /** Partition that they are of; left out where the node has none. */
  readonly partition?: string | undefined;
  /** What became of partitions, in the same record. What else it was handed is done as well. */
  readonly partitions?: readonly PartitionOutcome[] | undefined;
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
  const { worker, leaseMs, force, fingerprint, trustUnknown, cover, partitions } = options(given, 'the options');
  const val = {
    ...nodeOf(run, node),
    worker: text(worker, '`worker`'),
    leaseMs: uint64(leaseMs ?? 0, '`leaseMs`'),
    force: flag(force, '`force`'),
    fingerprint: fingerprint === undefined ? undefined : fingerprintToWire(fingerprint),
    trustUnknown: flag(trustUnknown, '`trustUnknown`'),
    cover: cover === undefined ? undefined : coverToWire(cover),
    partitions: partitions === undefined ? undefined : wantedToWire(partitions),
  };
  return operation({ tag: 'begin-node', val }, 'begun', (begun) => {
    switch (begun.tag) {
      case 'run': {
        const { state, previous, inDoubt, deadlineAtMs, ...same } = begun.val;
        const go = { ...same, state, previous, inDoubt: inDoubt.map(batchView), deadline: toDate(deadlineAtMs) };
        return { kind: 'run', go };
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
  const { counts = {}, state, hwms = {}, upTo, covered = [], partition, partitions } = options(given, 'the progress');
  const val = {
    attempt: refOf(attempt),
    counts: countsToWire(counts),
    state: state === undefined ? undefined : bytes(state, 'the state of the attempt'),
    hwms: hwmUpdates(hwms, upTo),
    covered: coveredToWire(covered, partition),
    partitions: outcomesToWire(partitions),
  };
  return operation({ tag: 'report-progress', val }, 'done', same<Done>);
}

/** Ends an attempt well. */
export function succeedAttempt(
  attempt: AttemptRef,
  { counts, hwms = {}, upTo, artifacts = [], covered = [], partition, partitions }: Success = {},
): Operation<Done> {
  const val = {
    attempt: refOf(attempt),
    counts: counts === undefined ? undefined : countsToWire(counts),
    hwms: hwmUpdates(hwms, upTo),
    artifacts: list(artifacts, '`artifacts`').map((each) => artifactToWire(each as string | ArtifactReport)),
    covered: coveredToWire(covered, partition),
    partitions: outcomesToWire(partitions),
  };
  return operation({ tag: 'succeed-attempt', val }, 'done', same<Done>);
}

/** Ends an attempt badly: the retry policy decides what comes next. `error` is an `Error`, a text or a record. */
export function failAttempt(
  attempt: AttemptRef,
  error: Error | string | ErrorRecord,
  counts?: CountsInput,
  partitions?: readonly PartitionOutcome[],
): Operation<FailureAnswer> {
  const val = {
    attempt: refOf(attempt),
    counts: counts === undefined ? undefined : countsToWire(counts),
    error: errorToWire(error),
    partitions: outcomesToWire(partitions),
  };
  return operation({ tag: 'fail-attempt', val }, 'failed', ({ retryAtMs, ...rest }) => ({
    ...rest,
    retryAt: toDate(retryAtMs),
  }));
}

/** How an attempt is handed back. */
export interface HandBackOptions {
  /** State that the next attempt is handed; left out, the last one stays. */
  readonly state?: Uint8Array | undefined;
  /** Totals of the attempt; left out, those reported last stay. */
  readonly counts?: CountsInput | undefined;
}

/** Ends an attempt at a safe place, neither done nor failed. */
export function handBackAttempt(
  attempt: AttemptRef,
  reason: string,
  { state, counts }: HandBackOptions = {},
): Operation<Done> {
  const val = {
    attempt: refOf(attempt),
    counts: counts === undefined ? undefined : countsToWire(counts),
    state: state === undefined ? undefined : bytes(state, 'the state of the attempt'),
    reason: text(reason, '`reason`'),
  };
  return operation({ tag: 'hand-back-attempt', val }, 'done', same<Done>);
}

/** Makes a node run again whatever its status is. */
export function forceNode(run: string, node: string, how: ForceOptions): Operation<Done> {
  const downstream = flag(how.downstream, '`downstream`');
  return operation(
    { tag: 'force-node', val: { ...nodeOf(run, node), ...byHand(how), downstream } },
    'done',
    same<Done>,
  );
}

/** Says that a node need not run in a run. */
export function skipNode(run: string, node: string, how: SkipNodeOptions): Operation<Done> {
  const downstream = flag(how.downstream, '`downstream`');
  return operation({ tag: 'skip-node', val: { ...nodeOf(run, node), ...byHand(how), downstream } }, 'done', same<Done>);
}

/** The last success of a node, over all runs. */
export function describeNode(node: string): Operation<NodeSummary> {
  return operation({ tag: 'describe-node', val: { node: text(node, 'the name of the node') } }, 'node', nodeSummary);
}

function fingerprintToWire(fingerprint: Readonly<Record<string, string>>): [string, string][] {
  return entries(fingerprint, 'the fingerprint').map(([name, part]) => [name, text(part, `the part \`${name}\``)]);
}

function artifactToWire(given: string | ArtifactReport): commands.ArtifactReport {
  const {
    uri,
    sizeBytes,
    digest,
    check = 'digest',
  } = typeof given === 'string' ? { uri: given } : options(given, 'an artifact');
  return {
    uri: text(uri, 'the URI of an artifact'),
    sizeBytes: sizeBytes === undefined ? undefined : uint64(sizeBytes, '`sizeBytes`'),
    digest: optionalText(digest, '`digest`'),
    check: oneOf(check, '`check`', ['existence', 'size', 'digest'] as const),
  };
}

function nodeOf(run: string, node: string): { run: string; node: string } {
  return { run: text(run, 'the id of the run'), node: text(node, 'the name of the node') };
}

/** @internal */
export function refOf({ run, node, token }: AttemptRef): commands.AttemptRef {
  return { ...nodeOf(run, node), token: uint64(token, 'the token of the attempt') };
}
