import path from 'node:path';
import type { Frames } from '../../engine.js';
import type { StoredDamage, VersionedBytes } from '../contract.js';
import { corrupt } from '../error.js';
import { listingOf } from './listing.js';
import { segmentName } from './names.js';
import { Segment } from './segment.js';
import { trimmable, versionsIn } from './snapshots.js';

/** What a log holds from a version on. */
export type LogRead =
  | {
      readonly kind: 'records';
      readonly records: VersionedBytes[];
      readonly damage: StoredDamage[];
      /** The last segment, open; nothing if there is no log. */
      readonly last: Segment | undefined;
    }
  /** Files went away while they were read. */
  | { readonly kind: 'changed' }
  /** A version is not there, and nobody trimmed anything meanwhile. */
  | { readonly kind: 'missing'; readonly version: bigint; readonly place: string };

/** Reads all records from a version on, over all segments, and checks that none is missing. */
export async function readLog(folder: string, frames: Frames, start: bigint): Promise<LogRead> {
  const { segments: listed, start: begin } = listingOf(folder);
  if (listed.length === 0) {
    return start === begin + 1n
      ? { kind: 'records', records: [], damage: [], last: undefined }
      : { kind: 'missing', version: start, place: folder };
  }
  let first = listed.filter((each) => each <= start).at(-1);
  if (first === undefined) return changedOr(folder, listed, missing(folder, start));
  const records: VersionedBytes[] = [];
  const damage: StoredDamage[] = [];
  let digest: string | undefined;
  for (;;) {
    const segment = Segment.open(path.join(folder, segmentName(first)), first, frames);
    if (segment === undefined) {
      return changedOr(folder, listed, missing(folder, first));
    }
    let isLast = false;
    segment.follow(digest);
    try {
      // A later segment is made only after the seal of this one is durable, so the order of these two matters.
      const later = versionsIn(folder, 'log').find((each) => each > segment.first);
      const found = await segment.recordsFrom(start);
      records.push(...found.records);
      damage.push(...found.damage);
      if (!segment.sealed && later !== undefined) {
        // A late process may have made a segment again that was trimmed.
        if (later - 1n <= trimmable(folder)) return missing(folder, later - 1n);
        throw sealMissing(segment, later);
      }
      isLast = !segment.sealed || !versionsIn(folder, 'log').some((each) => each > segment.first);
      if (isLast && segment.next < start) throw headBelow(segment, start);
      if (isLast) return { kind: 'records', records, damage, last: segment };
      first = segment.next;
      digest = segment.lastDigest;
    } finally {
      if (!isLast) segment.file.close();
    }
  }
}

function missing(folder: string, version: bigint): LogRead {
  return { kind: 'missing', version, place: path.join(folder, segmentName(version)) };
}

function sealMissing(segment: Segment, later: bigint): Error {
  return corrupt(
    `the segment has no seal, but a later one begins with version ${later}: its end is missing; restore it`,
    `${segment.file.path}, byte ${segment.size}`,
  );
}

function headBelow(segment: Segment, start: bigint): Error {
  return corrupt(
    `the log ends with version ${segment.next - 1n}, but the snapshot is of version ${start - 1n}: the end of the ` +
      'log is missing; restore it',
    `${segment.file.path}, byte ${segment.size}`,
  );
}

function changedOr(folder: string, listed: readonly bigint[], otherwise: LogRead): LogRead {
  const now = versionsIn(folder, 'log');
  const isSame = now.length === listed.length && now.every((each, index) => each === listed[index]);
  return isSame ? otherwise : { kind: 'changed' };
}
