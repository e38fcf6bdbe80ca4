import { ask, type Connection, type Guard, type SubmitOptions } from './connection.js';
import { RunNode } from './node.js';
import type { ByHand } from './operations/hwms.js';
import {
  cancelRun,
  describeRun,
  type DriftPage,
  finishRun,
  type FinishRunOptions,
  pauseRun,
  reportDrift,
  reportRun,
  type Reset,
  resetFailed,
  resumeRun,
  type StartedRun,
  why,
} from './operations/runs.js';
import type { DriftReport } from './views/drift.js';
import type { NodeWhy } from './views/pipeline.js';
import type { RunReport } from './views/report.js';
import type { RunView } from './views/run.js';

/**
 * A run that this process works on. Disposing of it gives back the attempts that were begun through it and have not
 * ended; the run itself stays open, so that it can be resumed, until {@link Run.finish} says otherwise.
 */
export class Run implements AsyncDisposable, Disposable {
  /** Id. */
  readonly id: string;
  /** True if starting it found it unfinished. */
  readonly resumed: boolean;
  /** The run as it stood when it was started or resumed. */
  readonly started: RunView;
  readonly #connection: Connection;
  readonly #attempts = new Set<Guard>();

  /** @internal */
  constructor(connection: Connection, { run, resumed }: StartedRun) {
    this.#connection = connection;
    this.id = run.id;
    this.resumed = resumed;
    this.started = run;
  }

  /** The node with this name: nothing is asked yet. One that no graph names is made on first use. */
  node(name: string): RunNode {
    return new RunNode(this.#connection, this.id, name, this.#attempts);
  }

  /** The run as it stands, with its nodes and all attempts. */
  async describe(options?: SubmitOptions): Promise<RunView> {
    return ask(this.#connection, describeRun(this.id), options);
  }

  /**
   * What the run came to so far: how much of it is done, rates and durations, failures, when it is done if it goes on as runs before
   * it did, and what to do about what is wrong. What was repeated does not count twice.
   */
  async report(options?: SubmitOptions): Promise<RunReport> {
    return ask(this.#connection, reportRun(this.id), options);
  }

  /**
   * What each node covered in this run, against the window of the run, or without one against all that its nodes did: behind, ahead, with
   * gaps, on another axis, nothing at all. What another run had done before is missing nowhere.
   *
   * ```ts
   * const { consistent, nodes } = await run.drift();
   * if (!consistent) console.log(nodes.filter(({ drift }) => drift.length > 0));
   * ```
   */
  async drift({ from, limit, ...options }: DriftPage & SubmitOptions = {}): Promise<DriftReport> {
    return ask(this.#connection, reportDrift(this.id, { from, limit }), options);
  }

  /** Ends the run. How it ended follows from its nodes, unless it is said. */
  async finish({ status, error, ...options }: FinishRunOptions & SubmitOptions = {}): Promise<RunView> {
    return ask(this.#connection, finishRun(this.id, { status, error }), options);
  }

  /**
   * Holds the run up: nothing begins in it until it is resumed. Whoever works in it may end, and is told to stop at the next safe
   * place: see {@link Attempt.stopAsked}. Starting the run again does not resume it.
   */
  async pause(reason: string, { actor, ...options }: Omit<ByHand, 'reason'> & SubmitOptions = {}): Promise<RunView> {
    return ask(this.#connection, pauseRun(this.id, { reason, actor }), options);
  }

  /** Takes the run up again; if it is paused, it goes on. */
  async resume({ reason, actor, ...options }: Partial<ByHand> & SubmitOptions = {}): Promise<RunView> {
    const { worker } = this.#connection;
    return (await ask(this.#connection, resumeRun(this.id, { worker, reason, actor }), options)).run;
  }

  /** Stops the run for good. Whoever works on it is fenced. */
  async cancel(reason: string, { actor, ...options }: Omit<ByHand, 'reason'> & SubmitOptions = {}): Promise<RunView> {
    return ask(this.#connection, cancelRun(this.id, { reason, actor }), options);
  }

  /** Why its nodes have their status. */
  async why(options?: SubmitOptions): Promise<NodeWhy[]> {
    return ask(this.#connection, why(this.id), options);
  }

  /** Makes all its failed nodes ready to be tried again, with all their attempts. */
  async resetFailed(
    reason: string,
    { actor, dryRun, ...options }: Omit<ByHand, 'reason'> & { readonly dryRun?: boolean } & SubmitOptions = {},
  ): Promise<Reset> {
    return ask(this.#connection, resetFailed(this.id, { reason, actor, dryRun }), options);
  }

  /** Gives back the attempts that have not ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#attempts].map((attempt) => attempt[Symbol.asyncDispose]()));
  }

  /** As with `await using`, but in the background; {@link Highwater.close} waits for it. */
  [Symbol.dispose](): void {
    void this[Symbol.asyncDispose]();
  }
}
