import { text } from './check.js';
import { ask, type Connection, submit, type SubmitOptions } from './connection.js';
import { Hwm } from './hwm.js';
import { Lease } from './lease.js';
import { abortBatch, commitBatch, declareSink } from './operations/batches.js';
import { type ApplyOptions, applyPlan, changeBackfill, type PlanOf } from './operations/plans.js';
import type { PlanApplied } from './views/plan.js';
import { type CadenceInput, declareCadence } from './operations/cadence.js';
import { type IntervalInput, markCoverage, type MarkOptions } from './operations/coverage.js';
import {
  type ArrivalInput,
  declareLateRule,
  type LateRuleInput,
  reportArrivals,
  type ReporterOptions,
} from './operations/late.js';
import {
  changePartitionKeys,
  declarePartitions,
  type DimensionInput,
  markPartitions,
  type PartitionKeysChange,
  type PartitionMarkInput,
  type RekeyInput,
  rekeyPartitions,
} from './operations/partitions.js';
import { settleDeadLetters } from './operations/dead-letters.js';
import { diff, fork, revert } from './operations/history.js';
import { type ByHand, type HwmValues, setHwms, type SetHwmsOptions } from './operations/hwms.js';
import {
  acquireLease,
  allowWorker,
  forceUnlock,
  listWorkers,
  stopWorker,
  type StopWorkerOptions,
} from './operations/leases.js';
import {
  backup,
  type BackupOptions,
  deleteBackup,
  listBackups,
  type PlannedByHand,
  repair,
  verifyIntegrity,
} from './operations/maintenance.js';
import type { Operation } from './operations/operation.js';
import { declareGraph } from './operations/pipeline.js';
import { resumeRun, startRun, type StartRunOptions } from './operations/runs.js';
import { PipelineAt } from './pipeline-at.js';
import { PipelineReads } from './pipeline-reads.js';
import { Run } from './run.js';
import { untilAskingAgain } from './sleep.js';
import type { SinkKind } from './views/batch.js';
import { Stream } from './stream.js';
import type { CoverageChanged, CoverageStatus } from './views/coverage.js';
import type { Arrivals } from './views/late.js';
import type { PartitionsChanged, PartitionsMoved } from './views/partition.js';
import type { Diff, Forked, Reverted } from './views/history.js';
import type { HwmsSet } from './views/hwm.js';
import type { Held, WorkerStop, WorkerView } from './views/lease.js';
import type { BackedUp, BackupInfo, Integrity, Repaired } from './views/maintenance.js';
import type { Moment } from './views/moment.js';
import type { NodeSpec } from './views/pipeline.js';
import type { Done } from './views/shared.js';

/** How a lease is asked for. */
export interface LeaseOptions {
  /** How long this worker's beat may stand still before another may take over, in milliseconds; 30 seconds if left out. */
  readonly leaseMs?: number | undefined;
}

/** A pipeline by its id: the unit of consistency. Nothing is asked until a method is called. */
export class Pipeline extends PipelineReads {
  readonly #connection: Connection;

  /** @internal */
  constructor(connection: Connection) {
    super(connection);
    this.#connection = connection;
  }

  /** Starts a run, or resumes the unfinished run with this id. One that is paused stays so. */
  async startRun({ dedupeKey, ...options }: StartRunOptions & Pick<SubmitOptions, 'dedupeKey'> = {}): Promise<Run> {
    const operation = startRun({ worker: this.#connection.worker, ...options });
    return new Run(this.#connection, await ask(this.#connection, operation, { dedupeKey }));
  }

  /** Resumes an unfinished run. One that is paused goes on. */
  async resumeRun(id: string): Promise<Run> {
    return new Run(this.#connection, await ask(this.#connection, resumeRun(id, { worker: this.#connection.worker })));
  }

  /** The HWM with this name: nothing is asked yet. */
  hwm(name: string): Hwm {
    return new Hwm(this.#connection, text(name, 'the name of an HWM'));
  }

  /** Moves HWMs, all or none. */
  async setHwms(
    values: HwmValues,
    { cast, lease, upTo, ...options }: SetHwmsOptions & SubmitOptions = {},
  ): Promise<HwmsSet> {
    return ask(this.#connection, setHwms(values, { cast, lease, upTo }), options);
  }

  /** Its stream: operators, and their checkpoints. Nothing is asked yet. */
  stream(): Stream {
    return new Stream(this.#connection);
  }

  /**
   * Marks intervals of a node by hand: done although no attempt did them, stale so that they are done again, failed, or missing. Only what
   * is not so already is marked.
   *
   * ```ts
   * const day = { start: new Date('2026-11-20'), end: new Date('2026-11-21') };
   * const plan = await pipeline.markCoverage('load', 'stale', [day], { dryRun: true });
   * await pipeline.markCoverage('load', 'stale', [day], { reason: 'late rows', actor: 'ada' });
   * ```
   */
  async markCoverage(
    node: string,
    status: CoverageStatus,
    intervals: readonly IntervalInput[],
    how: MarkOptions,
  ): Promise<CoverageChanged> {
    return ask(this.#connection, markCoverage(node, status, intervals, how));
  }

  /**
   * Declares into which windows the axis of a node is divided. The same again changes nothing, and another cadence leaves what was covered.
   * Without a node it is that of all nodes that have none of their own; without a cadence it is taken back.
   *
   * ```ts
   * await pipeline.declareCadence('load', { unit: 'day', zone: 'Europe/Berlin', start: '2026-01-01', lagMs: 3_600_000 });
   * const begun = await run.node('load').begin({ cover: { due: true, limit: 1 } });
   * ```
   */
  async declareCadence(
    node: string | undefined,
    cadence: CadenceInput | undefined,
    options?: SubmitOptions,
  ): Promise<Done> {
    return ask(this.#connection, declareCadence(node, cadence), options);
  }

  /**
   * Declares what a node does about late data: rows that come for an interval after it was done. Without a node it is what all nodes do
   * that have no rule of their own; without a rule it is taken back, and then late data is recorded.
   *
   * ```ts
   * await pipeline.declareLateRule('load', { action: 'reopen', allowed: 3 * 86_400_000, beyond: 'record', downstream: true });
   * ```
   */
  async declareLateRule(
    node: string | undefined,
    rule: LateRuleInput | undefined,
    options?: SubmitOptions,
  ): Promise<Done> {
    return ask(this.#connection, declareLateRule(node, rule), options);
  }

  /**
   * Reports that rows arrived: what of them is late is dealt with as it was declared, and the answer says what became of it. What is being
   * worked on is safe: it counts as done only once an attempt has done it that began after the report.
   *
   * ```ts
   * const { arrivals } = await pipeline.reportArrivals([{ node: 'load', positions: [new Date('2026-11-20T09:30:00Z')], rows: 3 }]);
   * ```
   */
  async reportArrivals(arrivals: readonly ArrivalInput[], by: ReporterOptions & SubmitOptions = {}): Promise<Arrivals> {
    return ask(this.#connection, reportArrivals(arrivals, by), by);
  }

  /**
   * Declares into which partitions a node is divided: one to four dimensions, in the order in which their keys make the name of a partition.
   * One without `keys` is dynamic: its keys come and go. Once a partition has a status, dimensions keep their names and every key that
   * is needed: {@link Pipeline.rekeyPartitions} instead. No dimensions take the declaration back.
   *
   * ```ts
   * await pipeline.declarePartitions('load', [{ name: 'region', keys: ['eu', 'us'] }, { name: 'customer' }]);
   * await pipeline.changePartitionKeys('load', 'customer', { add: ['acme', 'bolt'] });
   * ```
   */
  async declarePartitions(node: string, dimensions: readonly DimensionInput[], options?: SubmitOptions): Promise<Done> {
    return ask(this.#connection, declarePartitions(node, dimensions), options);
  }

  /**
   * Adds or removes keys of a dynamic dimension, thousands in one record. A key whose partitions have a status stays, unless that shall be
   * forgotten, and so does one of a partition that somebody works on. Coverage and HWMs of these partitions are left alone.
   */
  async changePartitionKeys(
    node: string,
    dimension: string,
    { dedupeKey, freshness, ...change }: PartitionKeysChange & SubmitOptions,
  ): Promise<Done> {
    const operation = changePartitionKeys(node, dimension, change);
    return ask(this.#connection, operation, { dedupeKey, freshness });
  }

  /** Marks partitions by hand, thousands in one record. Only what is not so already is marked, and what a mark does not say stays. */
  async markPartitions(
    node: string,
    status: CoverageStatus,
    marks: readonly (string | PartitionMarkInput)[],
    how: PlannedByHand,
    options?: SubmitOptions,
  ): Promise<PartitionsChanged> {
    return ask(this.#connection, markPartitions(node, status, marks, how), options);
  }

  /**
   * Renames keys of a dimension, or adds one: how each partition stands goes with its name, and so do its coverage and its late data.
   * Refused where two partitions would become one. With `dryRun` it only says what would move.
   *
   * ```ts
   * await pipeline.rekeyPartitions('load', { dimension: 'region', keys: { eu: 'emea' } }, { reason: 'as the others call it' });
   * ```
   */
  async rekeyPartitions(
    node: string,
    what: RekeyInput,
    how: PlannedByHand,
    options?: SubmitOptions,
  ): Promise<PartitionsMoved> {
    return ask(this.#connection, rekeyPartitions(node, what, how), options);
  }

  /** Carries out a plan that somebody has seen. If one made now would have other steps, that is a `conflict`, and nothing is done. */
  async applyPlan(of: PlanOf, basis: string, how: ApplyOptions & SubmitOptions = {}): Promise<PlanApplied> {
    const { dedupeKey, ...options } = how;
    return ask(this.#connection, applyPlan(of, basis, options), { dedupeKey });
  }

  /** Pauses, resumes, cancels or deletes a backfill. What was done stays done. */
  async changeBackfill(
    id: string,
    action: 'pause' | 'resume' | 'cancel' | 'delete',
    reason: string,
    { actor, ...options }: Omit<ByHand, 'reason'> & SubmitOptions = {},
  ): Promise<Done> {
    return ask(this.#connection, changeBackfill(id, action, { reason, actor }), options);
  }

  /** Asks for a lease by name: it is granted, or somebody else holds it. */
  async acquireLease(name: string, { leaseMs = this.#connection.leaseMs }: LeaseOptions = {}): Promise<Lease | Held> {
    const answer = await ask(this.#connection, acquireLease(name, this.#connection.worker, leaseMs));
    return answer.kind === 'held' ? answer : new Lease(this.#connection, name, answer);
  }

  /** Asks for a lease until it is granted. `signal` ends the waiting. */
  async acquireLeaseOrWait(
    name: string,
    { signal, ...options }: LeaseOptions & { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Lease> {
    for (;;) {
      const answer = await this.acquireLease(name, options);
      if (answer.kind === 'granted') return answer;
      await untilAskingAgain(this.#connection.clock, answer.until, signal);
    }
  }

  /** Takes a lease, or the lease of a node, away from its holder. */
  async forceUnlock(
    lease: string,
    reason: string,
    { actor, ...options }: Omit<ByHand, 'reason'> & SubmitOptions = {},
  ): Promise<Done> {
    return ask(this.#connection, forceUnlock(lease, { reason, actor }), options);
  }

  /** Has items worked on again: whoever works on the node next finds them with {@link Attempt.requeued}. */
  async requeueDeadLetters(
    node: string,
    keys: readonly string[],
    reason: string,
    { actor, ...options }: Omit<ByHand, 'reason'> & SubmitOptions = {},
  ): Promise<Done> {
    return ask(this.#connection, settleDeadLetters(node, keys, { requeue: true, reason, actor }), options);
  }

  /** Drops items that were put aside. Nobody will work on them. */
  async dropDeadLetters(
    node: string,
    keys: readonly string[],
    reason: string,
    { actor, ...options }: Omit<ByHand, 'reason'> & SubmitOptions = {},
  ): Promise<Done> {
    return ask(this.#connection, settleDeadLetters(node, keys, { reason, actor }), options);
  }

  /**
   * Asks a worker to stop: it begins nothing more here, and is told at its next beat to let go of what it holds at the next safe
   * place. It lasts until the worker is {@link Pipeline.allowWorker allowed} again.
   */
  async stopWorker(
    worker: string,
    reason: string,
    { graceMs, actor, ...options }: Omit<StopWorkerOptions, 'reason'> & SubmitOptions = {},
  ): Promise<WorkerStop> {
    return ask(this.#connection, stopWorker(worker, { reason, graceMs, actor }), options);
  }

  /** Lets a worker that was asked to stop begin again. */
  async allowWorker(
    worker: string,
    reason: string,
    { actor, ...options }: Omit<ByHand, 'reason'> & SubmitOptions = {},
  ): Promise<Done> {
    return ask(this.#connection, allowWorker(worker, { reason, actor }), options);
  }

  /** Workers that have beaten, and what they hold, by name. */
  async workers(options?: SubmitOptions): Promise<WorkerView[]> {
    return ask(this.#connection, listWorkers(), options);
  }

  /** Declares the graph of the pipeline; the same graph again changes nothing. */
  async declareGraph(nodes: readonly NodeSpec[], options?: SubmitOptions): Promise<Done> {
    return ask(this.#connection, declareGraph(nodes), options);
  }

  /** Declares what the sink of a node does with rows that come twice; {@link Pipeline.describe} shows the guarantee that follows. */
  async declareSink(node: string, kind: SinkKind, options?: SubmitOptions): Promise<Done> {
    return ask(this.#connection, declareSink(node, kind), options);
  }

  /** Says by hand that the sink took a batch that is in doubt. */
  async commitBatch(
    batch: bigint,
    reason: string,
    { actor, ...options }: Omit<ByHand, 'reason'> & SubmitOptions = {},
  ): Promise<Done> {
    return ask(this.#connection, commitBatch(batch, { reason, actor }), options);
  }

  /** Says by hand that the sink did not take a batch that is in doubt, and will not. */
  async abortBatch(
    batch: bigint,
    reason: string,
    { actor, ...options }: Omit<ByHand, 'reason'> & SubmitOptions = {},
  ): Promise<Done> {
    return ask(this.#connection, abortBatch(batch, { reason, actor }), options);
  }

  /** The pipeline as it was at a moment, for reading. */
  at(moment: Moment): PipelineAt {
    return new PipelineAt(this.#connection, moment);
  }

  /** What differs between two moments. */
  async diff(
    from: Moment,
    to: Moment = 'head',
    { limit }: { readonly limit?: number | undefined } = {},
  ): Promise<Diff> {
    return ask(this.#connection, diff(from, to, limit));
  }

  /**
   * Puts the state back as it was at a moment, in one record: what was written since stays in the journal, nothing is rewritten.
   * Whoever works now is fenced, tokens do not go back, and dedupe keys stay remembered.
   *
   * ```ts
   * const plan = await pipeline.revert(41n, { dryRun: true });
   * await pipeline.revert(41n, { reason: 'the source sent test data', actor: 'ada' });
   * ```
   */
  async revert(to: Moment, how: PlannedByHand): Promise<Reverted> {
    return ask(this.#connection, revert(to, how));
  }

  /** Starts this pipeline, which must be empty, with the state that another one had at a moment. The other one is only read. */
  async forkFrom(source: string | Pipeline, at: Moment, how: ByHand): Promise<Forked> {
    return ask(this.#connection, fork(source instanceof Pipeline ? source.id : source, at, how));
  }

  /** Pins the present state under an id, beside the journal. Others may write meanwhile. */
  async backup(options?: BackupOptions): Promise<BackedUp> {
    return ask(this.#connection, backup(options));
  }

  /** The backups that are kept, newest first. */
  async backups(): Promise<BackupInfo[]> {
    return ask(this.#connection, listBackups());
  }

  /** Deletes a backup. One that is not there is deleted already. */
  async deleteBackup(id: string): Promise<Done> {
    return ask(this.#connection, deleteBackup(id));
  }

  /** Puts the state back as it was at a backup, by its id or `latest`: a {@link Pipeline.revert} to it. */
  async restore(id: string, how: PlannedByHand): Promise<Reverted> {
    return this.revert({ backup: id }, how);
  }

  /**
   * Reads everything that the store still holds of this pipeline and checks it: checksums, the chain of digests, gaps, snapshots
   * against the records. Damage is in the answer, not thrown; it works where the pipeline cannot be opened.
   */
  async verifyIntegrity(): Promise<Integrity> {
    return ask(this.#connection, verifyIntegrity());
  }

  /**
   * Makes a damaged journal open again with what can still be read, snapshots and backups included. What cannot be kept is in the
   * answer, and the damaged journal is set aside, not deleted. Where no repair is needed, nothing is done.
   */
  async repair(how: PlannedByHand): Promise<Repaired> {
    return ask(this.#connection, repair(how));
  }

  /**
   * Carries out operations together: all become durable in one record, or none does.
   *
   * ```ts
   * const [moved, run] = await pipeline.submit([operations.setHwms({ id: 7n }), operations.finishRun('r1')]);
   * ```
   */
  async submit<const T extends readonly Operation<unknown>[]>(
    operations: T,
    options?: SubmitOptions,
  ): Promise<{ -readonly [K in keyof T]: T[K] extends Operation<infer R> ? R : never }> {
    return submit(this.#connection, operations, options);
  }
}
