import { describe, int64, text, whole } from '../check.js';
import type { types } from '../engine.js';
import { InvalidError } from '../errors.js';
import { Decimal } from './decimal.js';
import { Json } from './json.js';
import { TextValue } from './text-value.js';
import { LocalDate, LocalTimestamp, Timestamp } from './timestamp.js';
import { Uint } from './uint.js';
import { Uuid } from './uuid.js';

/** A typed value as Highwater gives it back: whole numbers of both kinds are bigints. */
export type Value =
  bigint | string | boolean | Uint8Array | Decimal | Timestamp | LocalTimestamp | LocalDate | Uuid | Json;

/**
 * What can be given as a value: also a number, if it is whole and has lost no digits; a `Date`, which becomes a timestamp
 * in UTC with milliseconds; and {@link Uint} for the unsigned type.
 */
export type ValueInput = Value | number | Date | Uint;

/** The types that a value can have. Values of two types never compare. */
export type ValueType =
  'int' | 'uint' | 'decimal' | 'timestamp' | 'local-timestamp' | 'date' | 'text' | 'bytes' | 'uuid' | 'bool' | 'json';

const INT_MAX = 2n ** 63n - 1n;

/** A value in the words of the engine. @internal */
export function toWire(value: unknown, what: string): types.Value {
  switch (typeof value) {
    case 'bigint':
    case 'number':
      return wholeToWire(whole(value, what), what);
    case 'string':
      return { tag: 'text', val: text(value, what) };
    case 'boolean':
      return { tag: 'bool', val: value };
    case 'object':
      if (value instanceof TextValue) return { tag: value.type, val: value.toString() };
      if (value instanceof Uint) return { tag: 'uint', val: value.value };
      if (value instanceof Date) return { tag: 'timestamp', val: Timestamp.from(value).toString() };
      if (value instanceof Uint8Array) return { tag: 'bytes', val: new Uint8Array(value) };
  }
  throw new InvalidError(
    `${what} cannot be ${describe(value)}; use a bigint, string, boolean, Uint8Array, Date, Decimal, Timestamp, ` +
      'LocalTimestamp, LocalDate, Uuid, Uint or Json',
  );
}

function wholeToWire(value: bigint, what: string): types.Value {
  if (value > INT_MAX && value < 2n ** 64n) return { tag: 'uint', val: value };
  return { tag: 'int', val: int64(value, what) };
}

/** A value in the words of JavaScript. @internal */
export function fromWire(value: types.Value): Value {
  switch (value.tag) {
    case 'decimal':
      return new Decimal(value.val);
    case 'timestamp':
      return new Timestamp(value.val);
    case 'local-timestamp':
      return new LocalTimestamp(value.val);
    case 'date':
      return new LocalDate(value.val);
    case 'uuid':
      return new Uuid(value.val);
    case 'json':
      return new Json(value.val);
    default:
      return value.val;
  }
}
