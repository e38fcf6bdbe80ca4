import { text } from './check.js';
import { ask, type Connection, submit, type SubmitOptions } from './connection.js';
import { Hwm } from './hwm.js';
import { Lease } from './lease.js';
import { type ByHand, type HwmValues, listHwms, setHwms, type SetHwmsOptions } from './operations/hwms.js';
import { acquireLease, forceUnlock, listLeases, listWorkers } from './operations/leases.js';
import type { Operation } from './operations/operation.js';
import { declareGraph, describePipeline, readLog } from './operations/pipeline.js';
import {
  describeRun,
  listRuns,
  resumeRun,
  type RunFilter,
  startRun,
  type StartRunOptions,
  why,
} from './operations/runs.js';
import { pages } from './pages.js';
import { Run } from './run.js';
import { untilAskingAgain } from './sleep.js';
import type { HwmsSet, HwmView } from './views/hwm.js';
import type { Held, LeaseView, WorkerView } from './views/lease.js';
import type { LogRecord, NodeSpec, NodeWhy, PipelineView } from './views/pipeline.js';
import type { RunView } from './views/run.js';
import type { Done } from './views/shared.js';

/** How a list is read: `pageSize` entries at a time, as far as it is asked for. */
export interface ListOptions extends SubmitOptions {
  /** Most entries that one question brings. */
  readonly pageSize?: number | undefined;
}

/** How a lease is asked for. */
export interface LeaseOptions {
  /** How long this worker's beat may stand still before another may take over, in milliseconds; 30 seconds if left out. */
  readonly leaseMs?: number | undefined;
}

/** A pipeline by its id: the unit of consistency. Nothing is asked until a method is called. */
export class Pipeline {
  /** Id, for example `prod/orders_daily`. */
  readonly id: string;
  readonly #connection: Connection;

  /** @internal */
  constructor(connection: Connection) {
    this.#connection = connection;
    this.id = connection.pipeline;
  }

  /** Starts a run, or resumes the unfinished run with this id. */
  async startRun({ dedupeKey, ...options }: StartRunOptions & Pick<SubmitOptions, 'dedupeKey'> = {}): Promise<Run> {
    const operation = startRun({ worker: this.#connection.worker, ...options });
    return new Run(this.#connection, await ask(this.#connection, operation, { dedupeKey }));
  }

  /** Resumes an unfinished run. */
  async resumeRun(id: string): Promise<Run> {
    return new Run(this.#connection, await ask(this.#connection, resumeRun(id, this.#connection.worker)));
  }

  /** A run as it stands, with its nodes and all attempts. */
  async describeRun(id: string, options?: SubmitOptions): Promise<RunView> {
    return ask(this.#connection, describeRun(id), options);
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

  /** The HWM with this name: nothing is asked yet. */
  hwm(name: string): Hwm {
    return new Hwm(this.#connection, text(name, 'the name of an HWM'));
  }

  /** Moves HWMs, all or none. */
  async setHwms(values: HwmValues, { cast, lease, ...options }: SetHwmsOptions & SubmitOptions = {}): Promise<HwmsSet> {
    return ask(this.#connection, setHwms(values, { cast, lease }), options);
  }

  /** HWMs whose names start with a prefix, in byte order. */
  hwms(prefix = '', { pageSize: limit, freshness }: ListOptions = {}): AsyncGenerator<HwmView, void, undefined> {
    return pages(async (cursor: string | undefined) => {
      const { hwms, next } = await ask(this.#connection, listHwms(prefix, { cursor, limit }), { freshness });
      return { entries: hwms, next };
    });
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

  /** All leases, by name. */
  async leases(options?: SubmitOptions): Promise<LeaseView[]> {
    return ask(this.#connection, listLeases(), options);
  }

  /** Takes a lease, or the lease of a node, away from its holder. */
  async forceUnlock(
    lease: string,
    reason: string,
    { actor, ...options }: Omit<ByHand, 'reason'> & SubmitOptions = {},
  ): Promise<Done> {
    return ask(this.#connection, forceUnlock(lease, { reason, actor }), options);
  }

  /** Workers that have beaten, and what they hold, by name. */
  async workers(options?: SubmitOptions): Promise<WorkerView[]> {
    return ask(this.#connection, listWorkers(), options);
  }

  /** Declares the graph of the pipeline; the same graph again changes nothing. */
  async declareGraph(nodes: readonly NodeSpec[], options?: SubmitOptions): Promise<Done> {
    return ask(this.#connection, declareGraph(nodes), options);
  }

  /** A summary of the pipeline. */
  async describe(options?: SubmitOptions): Promise<PipelineView> {
    return ask(this.#connection, describePipeline(), options);
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
