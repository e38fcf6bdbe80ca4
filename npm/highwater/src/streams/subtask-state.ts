import { CorruptError, InvalidError } from '../errors.js';
import type { KeyGroupRange } from './key-group.js';

/** Format of the state that a sub-task hands over, and of its parts. */
const FORMAT = 1;

/** What a sub-task hands over at a barrier: which parts hold its state, and in which order they are read. */
export interface SubtaskState {
  /** First and last of its key groups. */
  readonly groups: KeyGroupRange;
  /** Name of the part with everything; none if there was nothing. */
  readonly base: string | undefined;
  /** Names of the parts with what has changed since, in order. */
  readonly deltas: readonly string[];
}

/** Its bytes, which are compact JSON. */
export function encodeSubtaskState({ groups, base, deltas }: SubtaskState): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ format: FORMAT, groups, base: base ?? null, deltas }));
}

/** Reads what {@link encodeSubtaskState} wrote. `what` names it in errors. */
export function decodeSubtaskState(bytes: Uint8Array, what: string): SubtaskState {
  let read: unknown;
  try {
    read = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw refused(what, (error as Error).message);
  }
  const { format, groups, base, deltas } = (read ?? {}) as Record<string, unknown>;
  if (typeof format !== 'number') throw refused(what, 'it has no format');
  if (format !== FORMAT) {
    throw new InvalidError(`${what} has format ${format}, and this version reads format ${FORMAT}; upgrade this one`);
  }
  if (!isRange(groups)) throw refused(what, 'it has no range of key groups');
  if (base !== null && typeof base !== 'string') throw refused(what, 'its base is no name of a part');
  if (!Array.isArray(deltas) || !deltas.every((it) => typeof it === 'string')) {
    throw refused(what, 'its deltas are no names of parts');
  }
  return { groups, base: base ?? undefined, deltas };
}

function isRange(groups: unknown): groups is KeyGroupRange {
  if (!Array.isArray(groups) || groups.length !== 2) return false;
  return groups.every((it) => Number.isSafeInteger(it) && it >= 0) && groups[0] <= groups[1];
}

function refused(what: string, why: string): CorruptError {
  return new CorruptError(
    `${what} is not that of a keyed state (${why}); was it handed over by another kind of operator?`,
  );
}
