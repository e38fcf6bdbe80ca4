import { ask, type Connection, type SubmitOptions } from './connection.js';
import { type BatchFilter, listBatches } from './operations/batches.js';
import { type CoverageOptions, describeCoverage, listCoverage } from './operations/coverage.js';
import { listLateRules } from './operations/late.js';
import { findWindow, listCadences, listWindows, type WindowLength, type WindowOptions } from './operations/cadence.js';
import { listHwms, type PageOptions } from './operations/hwms.js';
import {
  describePartitions,
  listPartitionKeys,
  listPartitions,
  type PartitionFilter,
} from './operations/partitions.js';
import { listLeases } from './operations/leases.js';
import { validate } from './operations/maintenance.js';
import { type DeadLetterFilter, type DeadLetterPage, listDeadLetters } from './operations/dead-letters.js';
import { describeNode } from './operations/nodes.js';
import { describePipeline, readLog } from './operations/pipeline.js';
import { positionsOnWire } from './operations/positions.js';
import { describeRun, listRuns, reportRun, type RunFilter, why } from './operations/runs.js';
import { listBackfills, plan, type PlanOf } from './operations/plans.js';
import { pages } from './pages.js';
import type { BatchView } from './views/batch.js';
import type { CadenceView, WindowView } from './views/cadence.js';
import type { Coverage, CoverageLine, Interval } from './views/coverage.js';
import type { LateRuleView } from './views/late.js';
import type { HwmView } from './views/hwm.js';
import type { Partitioning, PartitionKeyView, PartitionView } from './views/partition.js';
import type { LeaseView } from './views/lease.js';
import type { Validation } from './views/maintenance.js';
import type { RunReport } from './views/report.js';
import type { NodeSummary } from './views/node.js';
import type { LogRecord, NodeWhy, PipelineView } from './views/pipeline.js';
import type { BackfillView, Plan } from './views/plan.js';
import { type Position, position } from './views/position.js';
import type { RunView } from './views/run.js';

/** How a list is read: `pageSize` entries at a time, as far as it is asked for. */
export interface ListOptions extends SubmitOptions {
  /** Most entries that one question brings. */
  readonly pageSize?: number | undefined;
}

/** What can be read of a pipeline, as it is and as it was. */
export abstract class PipelineReads {
  /** Id, for example `prod/orders_daily`. */
  readonly id: string;
  readonly #connection: Connection;

  /** @internal */
  constructor(connection: Connection) {
    this.#connection = connection;
    this.id = connection.pipeline;
  }

  /** A summary of the pipeline. */
  async describe(options?: SubmitOptions): Promise<PipelineView> {
    return ask(this.#connection, describePipeline(), options);
  }

  /** A run as it stands, with its nodes and all attempts. */
  async describeRun(id: string, options?: SubmitOptions): Promise<RunView> {
    return ask(this.#connection, describeRun(id), options);
  }

  /** A page of items that nodes could not work on, by node and key. */
  async deadLetters(
    filter: DeadLetterFilter = {},
    { cursor, limit, ...options }: PageOptions & SubmitOptions = {},
  ): Promise<DeadLetterPage> {
    return ask(this.#connection, listDeadLetters(filter, { cursor, limit }), options);
  }

  /** What a run came to so far. */
  async reportRun(id: string, options?: SubmitOptions): Promise<RunReport> {
    return ask(this.#connection, reportRun(id), options);
  }

  /** A node over all runs: its last success, with what it worked on and what it made. */
  async describeNode(node: string, options?: SubmitOptions): Promise<NodeSummary> {
    return ask(this.#connection, describeNode(node), options);
  }

  /** Runs, newest first, without their nodes. */
  runs(filter: RunFilter & ListOptions = {}): AsyncGenerator<RunView, void, undefined> {
    const { pageSize: limit, dedupeKey: _, freshness, ...wanted } = filter;
    return pages(async (cursor: string | undefined) => {
      const { runs, next } = await ask(this.#connection, listRuns(wanted, { cursor, limit }), { freshness });
      return { entries: runs, next };
    });
  }

  /** Why the nodes of a run, or one of them, have their status. */
  async why(run: string, node?: string, options?: SubmitOptions): Promise<NodeWhy[]> {
    return ask(this.#connection, why(run, node), options);
  }

  /** HWMs whose names start with a prefix, in byte order. */
  hwms(prefix = '', { pageSize: limit, freshness }: ListOptions = {}): AsyncGenerator<HwmView, void, undefined> {
    return pages(async (cursor: string | undefined) => {
      const { hwms, next } = await ask(this.#connection, listHwms(prefix, { cursor, limit }), { freshness });
      return { entries: hwms, next };
    });
  }

  /**
   * From where to where the readers of these HWMs read; of all that were declared, if none is named. One that is kept per partition
   * gives the position of the whole, and then those of its partitions.
   */
  async positions(names: readonly string[] = [], options?: SubmitOptions): Promise<Position[]> {
    return (await ask(this.#connection, positionsOnWire(names), options)).map(position);
  }

  /** Batches, newest first; those in doubt wait for somebody to ask the sink. */
  async batches(filter: BatchFilter = {}, options?: SubmitOptions): Promise<BatchView[]> {
    return ask(this.#connection, listBatches(filter), options);
  }

  /** What of its axis a node has done, what not, and who works on what. */
  async coverage(node: string, wanted?: CoverageOptions, options?: SubmitOptions): Promise<Coverage> {
    return ask(this.#connection, describeCoverage(node, wanted), options);
  }

  /** Nodes and partitions that have coverage, by name. */
  coverageLines({ pageSize: limit, freshness }: ListOptions = {}): AsyncGenerator<CoverageLine, void, undefined> {
    return pages(async (cursor: string | undefined) => {
      const { lines, next } = await ask(this.#connection, listCoverage(cursor, limit), { freshness });
      return { entries: lines, next };
    });
  }

  /** The windows that the cadence of a node makes, and how each stands: from its start up to now. */
  windows(
    node: string,
    { limit, ...wanted }: WindowOptions = {},
    { freshness }: SubmitOptions = {},
  ): AsyncGenerator<WindowView, void, undefined> {
    return pages(async (cursor: bigint | undefined) => {
      const from = cursor ?? wanted.from;
      const { windows, next } = await ask(this.#connection, listWindows(node, { ...wanted, from, limit }), {
        freshness,
      });
      return { entries: windows, next };
    });
  }

  /** Cadences by the names of their nodes; first the one of all nodes that have none of their own. */
  cadences({ pageSize: limit, freshness }: ListOptions = {}): AsyncGenerator<CadenceView, void, undefined> {
    return pages(async (cursor: string | undefined) => {
      const { cadences, next } = await ask(this.#connection, listCadences(cursor, limit), { freshness });
      return { entries: cadences, next };
    });
  }

  /** Rules of late data by the names of their nodes; first the one of all nodes that have none of their own. */
  lateRules({ pageSize: limit, freshness }: ListOptions = {}): AsyncGenerator<LateRuleView, void, undefined> {
    return pages(async (cursor: string | undefined) => {
      const { rules, next } = await ask(this.#connection, listLateRules(cursor, limit), { freshness });
      return { entries: rules, next };
    });
  }

  /** How a node is divided into partitions, and how many of them stand how; absent if nothing is declared. */
  async partitioning(node: string, options?: SubmitOptions): Promise<Partitioning | undefined> {
    return (await ask(this.#connection, describePartitions(node), options)).nodes[0];
  }

  /** The nodes that are divided into partitions, by name. */
  partitionings({ pageSize: limit, freshness }: ListOptions = {}): AsyncGenerator<Partitioning, void, undefined> {
    return pages(async (cursor: string | undefined) => {
      const page = describePartitions(undefined, cursor, limit);
      const { nodes, next } = await ask(this.#connection, page, { freshness });
      return { entries: nodes, next };
    });
  }

  /** One partition of a node. */
  async partition(node: string, partition: string, options?: SubmitOptions): Promise<PartitionView> {
    const { partitions } = await ask(this.#connection, listPartitions(node, { only: [partition] }), options);
    return partitions[0] as PartitionView;
  }

  /** The partitions of a node, and how each stands, in the order of their keys. */
  partitions(
    node: string,
    filter: PartitionFilter = {},
    { pageSize: limit, freshness }: ListOptions = {},
  ): AsyncGenerator<PartitionView, void, undefined> {
    return pages(async (cursor: string | undefined) => {
      const page = listPartitions(node, filter, cursor, limit);
      const { partitions, next } = await ask(this.#connection, page, { freshness });
      return { entries: partitions, next };
    });
  }

  /** The keys of a dimension in their order, and how many partitions of each stand how. */
  partitionKeys(
    node: string,
    dimension: string,
    { pageSize: limit, freshness }: ListOptions = {},
  ): AsyncGenerator<PartitionKeyView, void, undefined> {
    return pages(async (cursor: bigint | undefined) => {
      const page = listPartitionKeys(node, dimension, cursor, limit);
      const { keys, next } = await ask(this.#connection, page, { freshness });
      return { entries: keys, next };
    });
  }

  /**
   * The window that begins on a date, when the day does in the zone.
   *
   * ```ts
   * const day = await pipeline.findWindow('2026-10-25', { unit: 'day', zone: 'Europe/Berlin' }); // 25 hours
   * ```
   */
  async findWindow(date: string, length: WindowLength): Promise<Interval> {
    return ask(this.#connection, findWindow(date, length));
  }

  /**
   * What would run, be skipped or wait, and why: a page of the steps. Changes nothing; {@link Pipeline.applyPlan} carries it out.
   *
   * ```ts
   * const of = { backfill: { nodes: ['load'], interval: { start: new Date('2026-01-01'), end: new Date('2026-02-01') } } };
   * const { basis, steps } = await pipeline.plan(of);
   * await pipeline.applyPlan(of, basis, { reason: 'a new report', id: 'january' });
   * ```
   */
  async plan(of: PlanOf, page?: { from?: number; limit?: number }): Promise<Plan> {
    return ask(this.#connection, plan(of, page));
  }

  /** Backfills by their ids, with their progress. */
  backfills({ pageSize: limit, freshness }: ListOptions = {}): AsyncGenerator<BackfillView, void, undefined> {
    return pages(async (cursor: string | undefined) => {
      const { backfills, next } = await ask(this.#connection, listBackfills({ cursor, limit }), { freshness });
      return { entries: backfills, next };
    });
  }

  /** A backfill as it stands. */
  async backfill(id: string): Promise<BackfillView> {
    const { backfills } = await ask(this.#connection, listBackfills({ backfill: id }));
    return backfills[0] as BackfillView;
  }

  /** All leases, by name. */
  async leases(options?: SubmitOptions): Promise<LeaseView[]> {
    return ask(this.#connection, listLeases(), options);
  }

  /** The records of the journal from a version on, as far as they are still kept. */
  log(
    from: bigint | number = 1n,
    { pageSize: limit, freshness }: ListOptions = {},
  ): AsyncGenerator<LogRecord, void, undefined> {
    return pages(async (cursor: bigint | undefined) => {
      const { records, next } = await ask(this.#connection, readLog(cursor ?? from, limit), { freshness });
      return { entries: records, next };
    });
  }

  /**
   * Checks the state against its own rules, for example that every attempt that runs holds its lease. A problem is a defect of
   * Highwater, or a journal that somebody has edited.
   */
  async validate(): Promise<Validation> {
    return ask(this.#connection, validate());
  }
}
