import { type Clock, SYSTEM_CLOCK } from './clock.js';
import type {
  Command,
  Completion,
  Freshness,
  Input,
  Moment,
  Notice,
  Output,
  ReplyResult,
  Request,
  Stepper,
} from './engine.js';
import { inspectFile, type Inspector } from './inspector.js';
import { inspect, perform } from './perform.js';
import type { Store } from './stores/contract.js';

/** Longest sleep without a look at the clock, in milliseconds: a clock that is set forward is noticed no later. */
const SLEEP_MS = 5_000;
/** Most submissions that one step is given. The rest follows in the next step. */
const SUBMISSIONS_PER_STEP = 4_096;

/** Commands for one pipeline, all or none. */
export interface Submission {
  readonly pipeline: string;
  readonly commands: Command[];
  readonly dedupeKey: string | undefined;
  readonly freshness: Freshness;
  /** The moment that reads are answered from; undefined means the head. */
  readonly at: Moment | undefined;
}

/** What a driver is made of. */
export interface DriverParts {
  readonly store: Store;
  /** Makes an engine with a new seed: at the start, and each time that one breaks down. */
  readonly makeStepper: () => Stepper;
  readonly onNotice: (notice: Notice) => void;
  readonly clock?: Clock | undefined;
  /** Looks at artifacts; files and folders if left out. */
  readonly inspector?: Inspector | undefined;
}

/**
 * The loop between an engine, a store and a clock. It decides nothing: commands go in, requests out to the store,
 * results back in, replies out, and there is a step when the time has come that the engine asked for.
 */
export class Driver {
  readonly #parts: DriverParts;
  readonly #clock: Clock;
  #stepper: Stepper | undefined;
  /** Grows when an engine breaks down, so that what its requests bring is not handed to the next one. */
  #generation = 0;
  #lastTicket = 0n;
  readonly #waiting = new Map<bigint, (result: ReplyResult) => void>();
  #submissions: Input[] = [];
  #turn: NodeJS.Immediate | undefined;
  #inFlight = 0;
  #alarm: { at: number; timer: NodeJS.Timeout } | undefined;
  #closing: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: DriverParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? SYSTEM_CLOCK;
    this.#stepper = parts.makeStepper();
  }

  /** The answers to commands, when what they say is durable, or the error that stopped all of them. Never rejects. */
  submit(submission: Submission): Promise<ReplyResult> {
    if (this.#closed !== undefined) return Promise.resolve(refusal('invalid', 'it is closed; open it again'));
    const ticket = (this.#lastTicket += 1n);
    return new Promise((resolve) => {
      this.#waiting.set(ticket, resolve);
      const { pipeline, commands, dedupeKey, freshness, at } = submission;
      this.#submissions.push({ tag: 'submission', val: { ticket, pipeline, commands, dedupeKey, freshness, at } });
      // Whoever else was answered at the same time gets the chance to be in the same commit.
      this.#turn ??= setImmediate(() => this.#takeSubmissions());
    });
  }

  /** Refuses what is new, and resolves when all that was submitted is answered and the store is closed. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      await new Promise<void>((resolve) => {
        this.#closing = resolve;
        this.#closeIfDone();
      });
      this.#setAlarm(undefined);
      await this.#parts.store.close();
    })();
    return this.#closed;
  }

  /** Everything that waits goes into one step, and thereby into one commit a pipeline. */
  #takeSubmissions(): void {
    this.#turn = undefined;
    const inputs = this.#submissions.splice(0, SUBMISSIONS_PER_STEP);
    if (this.#submissions.length > 0) this.#turn = setImmediate(() => this.#takeSubmissions());
    this.#step(inputs);
  }

  #step(inputs: Input[]): void {
    let output;
    try {
      this.#stepper ??= this.#parts.makeStepper();
      output = this.#stepper.step(BigInt(Math.trunc(this.#clock.now())), inputs);
    } catch (error) {
      this.#startOver(error);
      return;
    }
    this.#carryOut(output);
  }

  #carryOut(output: Output): void {
    for (const { ticket, result } of output.replies) {
      const answer = this.#waiting.get(ticket);
      if (answer === undefined) {
        this.#notify('unknown-ticket', `the engine replied to ticket ${ticket}, which nobody holds; this is a defect`);
        continue;
      }
      this.#waiting.delete(ticket);
      answer(result);
    }
    for (const notice of output.notices) this.#parts.onNotice(notice);
    for (const request of output.requests) void this.#request(request);
    this.#setAlarm(output.wakeAtMs);
    this.#closeIfDone();
  }

  async #request(request: Request): Promise<void> {
    const generation = this.#generation;
    this.#inFlight += 1;
    const { operation } = request;
    const { outcome, damage } =
      operation.tag === 'inspect-artifact'
        ? await inspect(this.#parts.inspector ?? inspectFile, operation.val)
        : await perform(this.#parts.store, request);
    this.#inFlight -= 1;
    for (const message of damage) this.#notify('damage', message, request.pipeline);
    // The completion gets a step of its own, before any new submission: its replies go out at once.
    if (generation === this.#generation) this.#complete({ id: request.id, outcome });
    else this.#closeIfDone();
  }

  #complete(completion: Completion): void {
    this.#step([{ tag: 'completion', val: completion }]);
  }

  #setAlarm(wakeAtMs: bigint | undefined): void {
    const at = wakeAtMs === undefined ? undefined : Number(wakeAtMs);
    if (this.#alarm?.at !== at) {
      clearTimeout(this.#alarm?.timer);
      this.#alarm = at === undefined ? undefined : { at, timer: this.#sleepUntil(at) };
    }
    // A process need not stay alive for what nobody waits for.
    if (this.#waiting.size > 0) this.#alarm?.timer.ref();
    else this.#alarm?.timer.unref();
  }

  #sleepUntil(at: number): NodeJS.Timeout {
    return this.#clock.setTimeout(() => this.#wake(at), Math.min(Math.max(at - this.#clock.now(), 0), SLEEP_MS));
  }

  #wake(at: number): void {
    this.#alarm = undefined;
    if (this.#clock.now() >= at) this.#step([]);
    else this.#setAlarm(BigInt(at));
  }

  /** After a defect the engine is gone, and with it what it knew of its requests; a new one reads the store, as after a crash. */
  #startOver(cause: unknown): void {
    const message = cause instanceof Error ? cause.message : String(cause);
    this.#stepper = undefined;
    this.#generation += 1;
    clearTimeout(this.#alarm?.timer);
    this.#alarm = undefined;
    this.#submissions = [];
    this.#refuseAll(`the engine broke down, and whether this was carried out is not known: ${message}`);
    this.#notify('engine-broken', `the engine broke down and is made anew: ${message}`);
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (this.#closing === undefined || this.#inFlight > 0 || this.#turn !== undefined) return;
    if (this.#waiting.size > 0 && this.#alarm !== undefined) return;
    this.#refuseAll('the engine has nothing left to do and did not answer this; this is a defect');
    this.#closing();
  }

  #refuseAll(message: string): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const answer of waiting) answer(refusal('internal', message));
  }

  #notify(code: string, message: string, pipeline = ''): void {
    this.#parts.onNotice({ level: 'warn', pipeline, code, message });
  }
}

function refusal(kind: 'invalid' | 'internal', message: string): ReplyResult {
  return { tag: 'err', val: { kind, message } };
}
