// The parts that a state consists of: a base with everything, and deltas with what has changed since.
import { InvalidError } from '../errors.js';
import type { StatePart } from '../views/stream.js';
import { utf8 } from './binary.js';
import { DELTAS, PART_NAME_BYTES } from './limits.js';

/** @internal */
export interface Chain {
  readonly base: StatePart | undefined;
  readonly deltas: readonly StatePart[];
}

/** No parts, which is what an empty state consists of. */
export const NO_PARTS: Chain = { base: undefined, deltas: [] };

/**
 * Whether everything is written anew, instead of one more delta of so many bytes: when the deltas outweigh the base. A base is at most as long as
 * the one before and the deltas together, so that in all at most three times of what has changed is written.
 */
export function outweighs({ base, deltas }: Chain, deltaBytes: number): boolean {
  const bytes = deltas.reduce((sum, delta) => sum + delta.sizeBytes, BigInt(deltaBytes));
  return base === undefined || bytes > base.sizeBytes || deltas.length >= DELTAS;
}

/** All parts, in the order in which they are read. */
export function partsOf({ base, deltas }: Chain): readonly StatePart[] {
  return base === undefined ? deltas : [base, ...deltas];
}

/** A name that no part ever had. */
export function newName(operator: string, subtask: number, checkpoint: bigint, kind: 'base' | 'delta'): string {
  const random = crypto.getRandomValues(new BigUint64Array(1))[0]!.toString(16).padStart(16, '0');
  const name = `${operator}/${subtask}/${checkpoint}-${kind}-${random}`;
  if (utf8(name).length > PART_NAME_BYTES) {
    throw new InvalidError(
      `the name \`${operator}\` of the operator is too long for the names of its parts, which may have ${PART_NAME_BYTES} bytes; choose a shorter one`,
    );
  }
  return name;
}
