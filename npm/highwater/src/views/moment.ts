import { describe, text, time, uint64 } from '../check.js';
import type { types } from '../engine.js';
import { InvalidError } from '../errors.js';

/**
 * A state that a pipeline has, or had:
 *
 * - a whole number is a version, never a time: the state after that record; 0 is the empty one before the first
 * - a `Date` means the last version that was decided at or before it
 * - `{ backup: id }` is what that backup holds; `{ backup: 'latest' }` is the newest one
 * - `'head'` is the newest state
 */
export type Moment = bigint | number | Date | { readonly backup: string } | 'head';

/** @internal */
export function momentToWire(moment: Moment, what = 'the moment'): types.Moment {
  if (moment === 'head') return { tag: 'head' };
  if (typeof moment === 'bigint' || typeof moment === 'number') return { tag: 'version', val: uint64(moment, what) };
  if (moment instanceof Date) return { tag: 'time', val: time(moment, what) };
  if (typeof moment === 'object' && moment !== null && 'backup' in moment) {
    return { tag: 'backup', val: text(moment.backup, 'the id of a backup') };
  }
  const ways = "a version, a Date, { backup: 'ID' } or 'head'";
  throw new InvalidError(`${what} must be ${ways}, not ${describe(moment)}`);
}
