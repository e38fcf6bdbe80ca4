import type { Claim, Frames } from '../../engine.js';
import { HighwaterError } from '../../errors.js';
import type { StoredDamage } from '../contract.js';
import { corrupt, StoreError } from '../error.js';

/** What a part of a segment file says. */
export interface FoundFrames {
  /** The first valid claim of each version, ascending and without a gap. A seal can only be the last. */
  readonly winners: Claim[];
  /** Version after the winners. */
  readonly nextVersion: bigint;
  /** The last winner is a seal: the segment ends here. */
  readonly sealed: boolean;
  /** Offset after the last valid frame. */
  readonly end: number;
  /** What is wrong with the bytes after it, if there are any. */
  readonly damage: StoredDamage[];
}

/** Scans bytes that begin at `offset` of a segment file, for a reader who waits for the version `next`. */
export function scanFrames(frames: Frames, file: string, bytes: Uint8Array, offset: number, next: bigint): FoundFrames {
  let found;
  try {
    found = frames.scan(bytes, BigInt(offset), next);
  } catch (error) {
    throw frameError(error, file, offset);
  }
  // Torn bytes between valid frames are an old crash: nobody was told of them, and nobody needs to be told again.
  const torn = found.sealed ? [] : found.damage.filter((each) => each.offset >= found.end);
  const damage = torn.map((each) => ({
    what:
      `the log ends with ${each.what}: torn by a crash or a full disk, and then never acknowledged, or damaged since; ` +
      'the bytes are kept, and the next append goes behind them',
    place: `${file}, byte ${each.offset}`,
  }));
  const { winners, nextVersion, sealed } = found;
  return { winners, nextVersion, sealed, end: Number(found.end), damage };
}

/** What an error of the byte format means for the caller of a store; its message names the offset. */
export function frameError(error: unknown, file: string, offset: number): unknown {
  if (!(error instanceof HighwaterError)) return error;
  if (error.kind === 'corrupt') return corrupt(error.message, `${file}, from byte ${offset}`, error);
  if (error.kind === 'internal') return error;
  return new StoreError('unsupported', `${file}: ${error.message}`, { cause: error });
}
