// Frames as the conformance cases make them, and the numbers that the Rust workload draws.
import { frames } from '../../../npm/highwater/dist/engine.js';

export const KEY = 'prod/orders_daily';
export const SEGMENT_BYTES = 1_024;
/** What is in each backup. */
export const BACKUP = new Uint8Array(700).fill(0x62);
export const NO_CHAIN = '0'.repeat(64);

export { frames };

/** The frame of a record that follows the one with the digest `chain`. */
export function recordFrame(version, writer, size, chain, sequence = version) {
  const stamp = {
    version,
    writer: writer.toString(16).padStart(2, '0').repeat(16),
    sequence,
    decidedAtMs: 1_700_000_000_000n + version,
    chain,
  };
  return frames.encodeFrame('record', stamp, new Uint8Array(size).fill(0x61));
}

/** The frame of a snapshot at `version`, whose record has the digest `chain`. */
export function snapshotFrame(version, size, chain) {
  const stamp = { version, writer: '0'.repeat(32), sequence: 0n, decidedAtMs: 0n, chain };
  return frames.encodeFrame('snapshot', stamp, new Uint8Array(size).fill(0x73));
}

/** The last version of a journal, and the digest that the record after it has to carry. */
export function endOf(journal) {
  const last = journal.tail.at(-1);
  if (last !== undefined) return { head: last.version, chain: frames.digest(last.bytes) };
  if (journal.snapshot === undefined) return { head: 0n, chain: NO_CHAIN };
  return { head: journal.snapshot.version, chain: frames.decodeHeader(journal.snapshot.bytes).stamp.chain };
}

/** Numbers without a pattern, the same in every run. */
export function randomBelow(seed) {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
