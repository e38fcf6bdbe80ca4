import { frames } from '../../dist/engine.js';

const NO_CHAIN = '0'.repeat(64);

/** The frame of a record as the conformance cases name it. */
export function recordFrame(version: bigint, writer: number, size: number, previous?: Uint8Array): Uint8Array {
  const stamp = {
    version,
    writer: writer.toString(16).padStart(2, '0').repeat(16),
    sequence: version,
    decidedAtMs: BigInt.asIntN(64, 1_700_000_000_000n + version),
    chain: previous === undefined ? NO_CHAIN : frames.digest(previous),
  };
  return frames.encodeFrame('record', stamp, new Uint8Array(size).fill(0x61));
}

/** The frame of a snapshot as the conformance cases name it. */
export function snapshotFrame(version: bigint, size: number, record?: Uint8Array): Uint8Array {
  const stamp = {
    version,
    writer: '0'.repeat(32),
    sequence: 0n,
    decidedAtMs: 0n,
    chain: record === undefined ? NO_CHAIN : frames.digest(record),
  };
  return frames.encodeFrame('snapshot', stamp, new Uint8Array(size).fill(0x73));
}
