import { Attempt } from './attempt.js';
import { uint64 } from './check.js';
import { ask, type Connection, type Guard, guard, type SubmitOptions } from './connection.js';
import type { ByHand } from './operations/hwms.js';
import { beginNode, forceNode, type Skip, type Wait } from './operations/nodes.js';
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
  async begin({ leaseMs: given, force }: BeginOptions = {}): Promise<Begun | Skip | Wait> {
    const { worker, leaseMs: usual } = this.#connection;
    const leaseMs = Number(uint64(given ?? usual, '`leaseMs`')) || usual;
    const answer = await ask(this.#connection, beginNode(this.run, this.name, { worker, leaseMs, force }));
    if (answer.kind !== 'run') return answer;
    const attempt = new Attempt(this.#connection, this.run, this.name, answer.go, leaseMs);
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
  async force(reason: string, options: Omit<ByHand, 'reason'> & SubmitOptions = {}): Promise<Done> {
    return ask(this.#connection, forceNode(this.run, this.name, { reason, actor: options.actor }), options);
  }

  /** Why the node has its status. */
  async why(options?: SubmitOptions): Promise<NodeWhy | undefined> {
    return (await ask(this.#connection, why(this.run, this.name), options))[0];
  }
}
