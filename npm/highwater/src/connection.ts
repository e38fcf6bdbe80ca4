import { oneOf, optionalText } from './check.js';
import type { Clock } from './clock.js';
import type { Driver } from './driver.js';
import type { Answer, Command, Freshness, Moment, Notice } from './engine.js';
import { errorOf, InternalError } from './errors.js';
import type { Heart } from './heart.js';
import type { Operation } from './operations/operation.js';

/** How operations are submitted. */
export interface SubmitOptions {
  /** The same key again gets the same answers, without a second effect. */
  readonly dedupeKey?: string | undefined;
  /**
   * How fresh the state must be that reads rest on: `latest` (what everybody had written when this was asked) or `local`
   * (whatever is in memory). `latest` if left out.
   */
  readonly freshness?: 'latest' | 'local' | undefined;
}

/** What all handles of one pipeline share. @internal */
export interface Connection {
  readonly pipeline: string;
  readonly worker: string;
  readonly driver: Driver;
  readonly heart: Heart;
  readonly clock: Clock;
  /** Length of leases for which no other is asked. */
  readonly leaseMs: number;
  readonly onNotice: (notice: Notice) => void;
  /** What closing gives back. */
  readonly guards: Set<Guard>;
  /** The moment of the past that everything is asked of; undefined means the head. */
  readonly at?: Moment | undefined;
}

/** Something that is held until it is given back. @internal */
export interface Guard extends AsyncDisposable {
  readonly isLive: boolean;
}

/** Remembers a guard, and forgets those that have ended. @internal */
export function guard(guards: Set<Guard>, guarded: Guard): void {
  for (const each of guards) if (!each.isLive) guards.delete(each);
  guards.add(guarded);
}

const FRESHNESS: readonly Freshness[] = ['latest', 'local'];

/** Carries out operations, all or none. @internal */
export async function submit<T extends readonly Operation<unknown>[]>(
  connection: Connection,
  operations: T,
  options: SubmitOptions = {},
): Promise<{ -readonly [K in keyof T]: T[K] extends Operation<infer R> ? R : never }> {
  const result = await connection.driver.submit({
    pipeline: connection.pipeline,
    commands: operations.map((each) => each.command as Command),
    dedupeKey: optionalText(options.dedupeKey, 'the dedupe key'),
    freshness: oneOf(options.freshness ?? 'latest', '`freshness`', FRESHNESS),
    at: connection.at,
  });
  // Thrown here, so that its stack leads to whoever asked.
  if (result.tag === 'err') throw errorOf(result.val.kind, result.val.message);
  const answers = result.val;
  if (answers.length !== operations.length) {
    throw new InternalError(
      `the engine gave ${answers.length} answers to ${operations.length} commands; this is a defect`,
    );
  }
  const results = operations.map((each, index) => each.read(answers[index] as Answer));
  return results as { -readonly [K in keyof T]: T[K] extends Operation<infer R> ? R : never };
}

/** Carries out one operation. @internal */
export async function ask<T>(connection: Connection, operation: Operation<T>, options?: SubmitOptions): Promise<T> {
  const [result] = await submit(connection, [operation] as const, options);
  return result;
}
