// JavaScript callers can pass anything, and the engine takes many calls in one crossing: what is not what it should be is
// refused here, before it can disturb the calls of others.
import { InvalidError } from './errors.js';

const INT_MIN = -(2n ** 63n);
const INT_MAX = 2n ** 63n - 1n;
const UINT_MAX = 2n ** 64n - 1n;
const U32_MAX = 2n ** 32n - 1n;

/** A value in the words of an error message, never long. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'object') return `an object (${value.constructor?.name ?? 'without a class'})`;
  return `a ${typeof value}`;
}

/** Text of whole characters. */
export function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new InvalidError(`${what} must be a string, not ${describe(value)}`);
  if (!value.isWellFormed()) {
    throw new InvalidError(`${what} ${describe(value)} contains half of a surrogate pair; use whole characters`);
  }
  return value;
}

/** Text of whole characters, or nothing. */
export function optionalText(value: unknown, what: string): string | undefined {
  return value === undefined || value === null ? undefined : text(value, what);
}

/** A whole number of JavaScript as a bigint: any bigint, and numbers that have lost no digits. */
export function whole(value: unknown, what: string): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value !== 'number') throw new InvalidError(`${what} must be a whole number, not ${describe(value)}`);
  if (!Number.isFinite(value)) throw new InvalidError(`${what} is ${value}, which is no number that can be kept`);
  if (!Number.isInteger(value)) {
    throw new InvalidError(
      `${what} is ${value}, which is not a whole number; write Decimal.from('${value}') to keep it`,
    );
  }
  if (!Number.isSafeInteger(value)) {
    throw new InvalidError(`${what} is ${value}, above what a number holds exactly; write it as a bigint`);
  }
  return BigInt(value);
}

function within(value: unknown, what: string, min: bigint, max: bigint): bigint {
  const number = whole(value, what);
  if (number < min || number > max) throw new InvalidError(`${what} is ${number}; it must be from ${min} to ${max}`);
  return number;
}

/** A signed 64-bit number. */
export function int64(value: unknown, what: string): bigint {
  return within(value, what, INT_MIN, INT_MAX);
}

/** An unsigned 64-bit number. */
export function uint64(value: unknown, what: string): bigint {
  return within(value, what, 0n, UINT_MAX);
}

/** An unsigned 32-bit number. */
export function uint32(value: unknown, what: string): number {
  return Number(within(value, what, 0n, U32_MAX));
}

/** True, or false if it is left out. */
export function flag(value: unknown, what: string): boolean {
  if (value === undefined) return false;
  if (typeof value !== 'boolean') throw new InvalidError(`${what} must be true or false, not ${describe(value)}`);
  return value;
}

/** Bytes, copied: the caller may change his before they are on their way. */
export function bytes(value: unknown, what: string): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new InvalidError(`${what} must be a Uint8Array, not ${describe(value)}`);
  return new Uint8Array(value);
}

/** A moment as milliseconds since the Unix epoch. */
export function time(value: unknown, what: string): bigint {
  if (!(value instanceof Date)) return int64(value, what);
  if (Number.isNaN(value.getTime())) throw new InvalidError(`${what} is an invalid Date`);
  return BigInt(value.getTime());
}

/** A moment, or nothing. */
export function optionalTime(value: unknown, what: string): bigint | undefined {
  return value === undefined || value === null ? undefined : time(value, what);
}

/** One of a few words. */
export function oneOf<T extends string>(value: unknown, what: string, words: readonly T[]): T {
  const found = words.find((word) => word === value);
  if (found === undefined) throw new InvalidError(`${what} must be one of ${words.join(', ')}, not ${describe(value)}`);
  return found;
}

/** A list. */
export function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new InvalidError(`${what} must be an array, not ${describe(value)}`);
  return value;
}

/** An object of options. */
export function options<T extends object>(value: T, what: string): T {
  if (typeof value !== 'object' || value === null) {
    throw new InvalidError(`${what} must be an object, not ${describe(value)}`);
  }
  return value;
}

/** Names and what belongs to them, from an object or a map. */
export function entries<T>(value: Readonly<Record<string, T>> | ReadonlyMap<string, T>, what: string): [string, T][] {
  const pairs = value instanceof Map ? [...value] : Object.entries(options(value, what));
  return pairs.map(([name, each]) => [text(name, `a name in ${what}`), each as T]);
}
