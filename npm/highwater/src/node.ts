import { Attempt } from './attempt.js';
import { uint64 } from './check.js';
import { ask, type Connection, type Guard, guard, type SubmitOptions } from './connection.js';
import type { Cover } from './operations/coverage.js';
import {
  beginNode,
  forceNode,
  type ForceOptions,
  type Skip,
  skipNode,
  type SkipNodeOptions,
  type Wait,
} from './operations/nodes.js';
import type { PartitionsWanted } from './operations/partitions.js';
import { why } from './operations/runs.js';
import { untilAskingAgain } from './sleep.js';
import type { NodeWhy } from './views/pipeline.js';
import type { Done } from './views/shared.js';

/** How a node is begun. */
export interface BeginOptions {
  /** How long this worker's beat may stand still before another may take over, in milliseconds; that of {@link OpenOptions.leaseMs} if left out. */
  readonly leaseMs?: number | undefined;
  /** Run it even if it succeeded or used up its attempts. */
  readonly force?: boolean | undefined;
  /**
   * What it would work on, by name: `code`, `config`, `input`, each with a digest or a version of it. While that, the successes of the
   * nodes before it and its artifacts are as at its last success, it is skipped as `cached`, in whatever run it is begun.
   */
  readonly fingerprint?: Readonly<Record<string, string>> | undefined;
  /** Take artifacts that nobody can look at for unchanged; otherwise they are a reason to run. */
  readonly trustUnknown?: boolean | undefined;
  /**
   * What the work shall cover: the attempt is handed those intervals that are not done and that nobody else works on. Where all of it is
   * done, the node is skipped.
   */
  readonly cover?: Cover | undefined;
  /**
   * Which partitions it wants to be handed: those of them that are not done and that nobody else works on. Where all are done, the node is
   * skipped. Not to be used beside `cover`.
   */
  readonly partitions?: PartitionsWanted | undefined;
}

/** Work on the node: this attempt is yours. */
export interface Begun {
  /** Tells the cases apart. */
  readonly kind: 'run';
  /** The attempt. Dispose of it, best with `await using`. */
  readonly attempt: Attempt;
}

/** A node of a run. */
export class RunNode {
  /** Id of the run. */
  readonly run: string;
  /** Name of the node. */
  readonly name: string;
  readonly #connection: Connection;
  readonly #attempts: Set<Guard>;

  /** @internal */
  constructor(connection: Connection, run: string, name: string, attempts: Set<Guard>) {
    this.#connection = connection;
    this.#attempts = attempts;
    this.run = run;
    this.name = name;
  }

  /** Asks to work on the node: the answer says run, skip or wait, and why. */
  async begin({ leaseMs: given, ...how }: BeginOptions = {}): Promise<Begun | Skip | Wait> {
    const { worker, leaseMs: usual } = this.#connection;
    const leaseMs = Number(uint64(given ?? usual, '`leaseMs`')) || usual;
    const answer = await ask(this.#connection, beginNode(this.run, this.name, { worker, leaseMs, ...how }));
    if (answer.kind !== 'run') return answer;
    const attempt = new Attempt(this.#connection, this.run, this.name, answer.go, leaseMs, how.cover?.partition);
    guard(this.#attempts, attempt);
    return { kind: 'run', attempt };
  }

  /** Asks to work on the node until the answer is run or skip. `signal` ends the waiting. */
  async beginOrWait({ signal, ...options }: BeginOptions & { readonly signal?: AbortSignal } = {}): Promise<
    Begun | Skip
  > {
    for (;;) {
      const answer = await this.begin(options);
      if (answer.kind !== 'wait') return answer;
      await untilAskingAgain(this.#connection.clock, answer.until, signal);
    }
  }

  /** Makes the node run again whatever its status is. */
  async force(
    reason: string,
    { actor, downstream, ...options }: Omit<ForceOptions, 'reason'> & SubmitOptions = {},
  ): Promise<Done> {
    return ask(this.#connection, forceNode(this.run, this.name, { reason, actor, downstream }), options);
  }

  /** Says that the node need not run in this run. For the nodes after it, it is done, unless they are skipped with it. */
  async skip(
    reason: string,
    { actor, downstream, ...options }: Omit<SkipNodeOptions, 'reason'> & SubmitOptions = {},
  ): Promise<Done> {
    return ask(this.#connection, skipNode(this.run, this.name, { reason, actor, downstream }), options);
  }

  /** Why the node has its status. */
  async why(options?: SubmitOptions): Promise<NodeWhy | undefined> {
    return (await ask(this.#connection, why(this.run, this.name), options))[0];
  }
}
