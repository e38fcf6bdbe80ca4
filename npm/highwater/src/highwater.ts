import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { text, uint64 } from './check.js';
import { type Clock, SYSTEM_CLOCK } from './clock.js';
import { ask, type Connection, type Guard } from './connection.js';
import { type Checkup, doctor } from './doctor.js';
import { Driver } from './driver.js';
import { type ConflictPolicy, makeSharedStepper, makeStepper } from './engine.js';
import { errorOf, type HighwaterError, InvalidError } from './errors.js';
import { Heart } from './heart.js';
import { keysOf } from './keys.js';
import { HOST_CHARACTERS, LEASE_MS } from './limits.js';
import type { Notice, OpenOptions } from './open-options.js';
import { beat } from './operations/leases.js';
import { pages } from './pages.js';
import { Pipeline } from './pipeline.js';
import type { Store } from './stores/contract.js';
import { StoreError } from './stores/error.js';

/** For stores on this machine: at once, then milliseconds. */
const LOCAL: ConflictPolicy = { tries: 24, firstDelayMs: 0n, maxDelayMs: 64n, jitterMs: 2n };
/** For stores across a network: five tries, 1 to 16 seconds apart, with up to a second of jitter. */
const REMOTE: ConflictPolicy = { tries: 5, firstDelayMs: 1_000n, maxDelayMs: 16_000n, jitterMs: 1_000n };

/** The state of pipelines in one store. Made by {@link open}; close it, best with `await using`. */
export class Highwater implements AsyncDisposable {
  /** Name of this worker, unique to this process. */
  readonly worker: string;
  readonly #store: Store;
  readonly #driver: Driver;
  readonly #onNotice: (notice: Notice) => void;
  readonly #connections = new Map<string, Connection>();
  readonly #guards = new Set<Guard>();
  readonly #place: string;
  readonly #clock: Clock;
  readonly #beatsByHand: boolean;
  readonly #leaseMs: number;
  #closed: Promise<void> | undefined;

  /** @internal */
  constructor(store: Store, options: OpenOptions) {
    const host = hostname().toWellFormed().slice(0, HOST_CHARACTERS);
    this.worker = text(
      options.worker ?? `${host}-${process.pid}-${randomBytes(4).toString('hex')}`,
      'the name of the worker',
    );
    this.#place = `${host}, process ${process.pid}`;
    this.#store = store;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#beatsByHand = options.clock !== undefined;
    this.#leaseMs = Number(uint64(options.leaseMs ?? LEASE_MS, '`leaseMs`')) || LEASE_MS;
    this.#onNotice = harmless(options.onNotice);
    const engine = {
      conflict: store.isLocal ? LOCAL : REMOTE,
      residentPipelines: options.residentPipelines ?? 256,
      snapshotMinBytes: BigInt(options.snapshotMinBytes ?? 256 * 1024),
      encryptionKeys: keysOf(options.encryptionKey),
    };
    this.#driver = new Driver({
      store,
      inspector: options.inspector,
      clock: this.#clock,
      onNotice: this.#onNotice,
      makeStepper: () =>
        options.seeds === undefined ? makeStepper(engine) : makeSharedStepper({ ...engine, seed: options.seeds() }),
    });
  }

  /**
   * The pipeline with this id, for example `prod/orders_daily`: nothing is asked yet. Environments are the first part of
   * the id.
   */
  pipeline(id: string): Pipeline {
    let connection = this.#connections.get(text(id, 'the id of a pipeline'));
    if (connection === undefined) {
      const made: Connection = {
        pipeline: id,
        worker: this.worker,
        driver: this.#driver,
        heart: new Heart(() => ask(made, beat(this.worker, this.#place)), this.#beatsByHand),
        clock: this.#clock,
        leaseMs: this.#leaseMs,
        onNotice: this.#onNotice,
        guards: this.#guards,
      };
      connection = made;
      this.#connections.set(id, connection);
    }
    return new Pipeline(connection);
  }

  /** The ids of the pipelines that the store holds, in byte order. */
  pipelines(prefix = '', pageSize = 1_000): AsyncGenerator<string, void, undefined> {
    return pages(async (cursor: string | undefined) => {
      if (this.#closed !== undefined) throw new InvalidError('it is closed; open it again');
      try {
        const { keys, next } = await this.#store.list(text(prefix, 'the prefix'), cursor, pageSize);
        return { entries: keys, next };
      } catch (error) {
        throw fromStore(error);
      }
    });
  }

  /**
   * Looks at every pipeline whose id starts with `prefix` and says what needs attention, worst first: damage, states that break their
   * own rules, leases whose holders stand still, missing backups. It changes nothing. What a pipeline says is a finding, never thrown.
   */
  async doctor(prefix = ''): Promise<Checkup> {
    return doctor(this, prefix, this.#clock);
  }

  /**
   * Sends a sign of life for all that is held, now, and learns whether it is held still. Beats go out by themselves, so this is for tests
   * that open with a {@link OpenOptions.clock} of their own. Gives the time until the next beat is due, in milliseconds, or nothing if nothing is
   * held.
   */
  async beat(): Promise<number | undefined> {
    const pauses = await Promise.all([...this.#connections.values()].map(({ heart }) => heart.beat()));
    const due = pauses.filter((pause) => pause !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** Gives back all attempts and leases that have not ended, waits for what is under way, and closes the store. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  /** {@inheritDoc Highwater.close} */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#guards].map((guard) => guard[Symbol.asyncDispose]()));
    for (const { heart } of this.#connections.values()) heart.stop();
    await this.#driver.close();
  }
}

/** A hook that throws must not stop the loop that calls it. */
function harmless(hook: OpenOptions['onNotice']): (notice: Notice) => void {
  return (notice) => {
    try {
      hook?.(notice);
    } catch (error) {
      process.emitWarning(`onNotice threw: ${String(error)}`, { type: 'HighwaterWarning' });
    }
  };
}

/** What a store says outside of the engine, in the words of everybody. @internal */
export function fromStore(error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  const kind = error.failure === 'corrupt' ? 'corrupt' : error.failure === 'unsupported' ? 'invalid' : 'unavailable';
  return errorOf(kind, error.message, { cause: error }) satisfies HighwaterError;
}
