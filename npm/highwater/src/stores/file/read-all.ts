import path from 'node:path';
import type { Frames } from '../../engine.js';
import type { StoredDamage, StoredRetained, VersionedBytes } from '../contract.js';
import { FOLDER_TRIES } from '../limits.js';
import { readWhole } from './folder.js';
import { listingOf, snapshotFile } from './listing.js';
import { segmentName } from './names.js';
import { restless } from './restless.js';
import { frameError } from './scan.js';

const TORN_PAUSE_MS = 3;

/** All that is left of a journal, around any damage. */
export async function readAll(folder: string, frames: Frames): Promise<StoredRetained> {
  for (let tries = 0; tries < FOLDER_TRIES; tries += 1) {
    const retained = await tryReadAll(folder, frames);
    if (retained !== undefined) return retained;
  }
  throw restless(folder);
}

async function tryReadAll(folder: string, frames: Frames): Promise<StoredRetained | undefined> {
  const listing = listingOf(folder);
  const snapshots: VersionedBytes[] = [];
  const records: VersionedBytes[] = [];
  const damage: StoredDamage[] = [];
  for (const version of listing.snapshots) {
    const place = snapshotFile(folder, version);
    const bytes = await readWhole(place);
    if (bytes === undefined) return undefined;
    const what = snapshotDamage(frames, version, bytes);
    if (what === undefined) snapshots.push({ version, bytes });
    else damage.push({ what, place });
  }
  for (const [index, first] of listing.segments.entries()) {
    const file = path.join(folder, segmentName(first));
    const limit = listing.segments[index + 1] ?? 0xffff_ffff_ffff_ffffn;
    const segment = await readSegment(file, frames, limit);
    if (segment === undefined) return undefined;
    const before = records.at(-1)?.version;
    if (before !== undefined && before + 1n < first) {
      damage.push({ what: `of versions ${before + 1n} to ${first - 1n} no record is left`, place: `${file}, byte 0` });
    }
    const wrong = headerDamage(frames, first, segment.bytes);
    if (wrong !== undefined && segment.damage[0]?.offset !== 0n) damage.push({ what: wrong, place: `${file}, byte 0` });
    damage.push(...segment.damage.map(({ what, offset }) => ({ what, place: `${file}, byte ${offset}` })));
    records.push(...segment.records);
  }
  const ends = [listing.snapshots.at(-1) ?? 0n, (listing.segments.at(-1) ?? 1n) - 1n, records.at(-1)?.version ?? 0n];
  const lastVersion = ends.reduce((left, right) => (left > right ? left : right));
  return { snapshots, records, lastVersion, damage };
}

function snapshotDamage(frames: Frames, version: bigint, bytes: Uint8Array): string | undefined {
  try {
    const info = frames.verifySnapshot(bytes);
    return info.version === version ? undefined : `the snapshot says that it is of version ${info.version}`;
  } catch (error) {
    return `the snapshot is damaged: ${(error as Error).message}`;
  }
}

interface SegmentRead {
  readonly bytes: Uint8Array;
  readonly records: VersionedBytes[];
  readonly damage: { offset: bigint; what: string }[];
}

/** What can be read of a segment; looks again at an end that is torn, which may be a write that is still under way. */
async function readSegment(file: string, frames: Frames, limit: bigint): Promise<SegmentRead | undefined> {
  for (let seen = -1; ;) {
    const bytes = await readWhole(file);
    if (bytes === undefined) return undefined;
    let found;
    try {
      found = frames.salvage(bytes, limit);
    } catch (error) {
      throw frameError(error, file, 0);
    }
    const last = found.damage.at(-1);
    const isTorn = last !== undefined && last.offset + last.length === BigInt(bytes.length);
    if (!isTorn || seen === bytes.length) {
      const records = found.records.map(({ version, offset, length }) => ({
        version,
        bytes: bytes.subarray(Number(offset), Number(offset + length)),
      }));
      return { bytes, records, damage: found.damage };
    }
    seen = bytes.length;
    await new Promise((resolve) => setTimeout(resolve, TORN_PAUSE_MS));
  }
}

function headerDamage(frames: Frames, first: bigint, bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return 'the file is empty, and a segment never is';
  try {
    const { firstVersion } = frames.decodeSegmentHeader(bytes);
    if (firstVersion === first) return undefined;
    return `its header says that it begins with version ${firstVersion}; give it back its name`;
  } catch (error) {
    return `it does not begin with the header of a segment: ${(error as Error).message}`;
  }
}
