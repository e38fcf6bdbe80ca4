import fs from 'node:fs';
import path from 'node:path';
import { namesIn } from './folder.js';
import { isPending, snapshotName, startName, versionOf } from './names.js';

/** The files of a journal that count, by version, ascending. */
export interface Listing {
  /** The first version of each segment. */
  readonly segments: readonly bigint[];
  /** The version of each snapshot. */
  readonly snapshots: readonly bigint[];
  /** The version that the journal was started anew at, whose snapshot is among `snapshots`; 0 if it never was. */
  readonly start: bigint;
  /** Names of files from before that, which count no more. */
  readonly superseded: readonly string[];
  /** Names of snapshots with which somebody is about to start the journal anew. */
  readonly pending: readonly string[];
}

/** What the folder of a journal holds. */
export function listingOf(folder: string): Listing {
  const names = namesIn(folder);
  const starts = ascending(names.map((name) => versionOf('start', name)));
  const start = starts.at(-1) ?? 0n;
  const segments = ascending(names.map((name) => versionOf('log', name)));
  const snapshots = ascending(names.map((name) => versionOf('snapshot', name)));
  const isOld = (version: bigint | undefined) => version !== undefined && version <= start;
  const isSuperseded = (name: string) =>
    isOld(versionOf('log', name)) || isOld(versionOf('snapshot', name)) || (versionOf('start', name) ?? start) < start;
  return {
    segments: segments.filter((version) => version > start),
    snapshots: [...(start > 0n ? [start] : []), ...snapshots.filter((version) => version > start)],
    start,
    superseded: names.filter(isSuperseded),
    pending: names.filter(isPending),
  };
}

/**
 * Whether it holds a journal from its beginning: the first segment goes on from a snapshot, or is the first of all. A single
 * later segment is what a process left that had not noticed that the folder was removed.
 */
export function hasBeginning({ segments, snapshots }: Listing): boolean {
  const first = segments[0];
  return first === undefined || first <= (snapshots.at(-1) ?? 0n) + 1n;
}

/**
 * Whether a folder still holds what a listing shows. A listing is no moment: what came first in it may be older than what
 * came last, so records that were trimmed meanwhile look lost. They are lost when a second listing shows the same.
 */
export function isStill(folder: string, listing: Listing): boolean {
  const now = listingOf(folder);
  const isSame = (left: readonly unknown[], right: readonly unknown[]) => left.join() === right.join();
  return (
    now.start === listing.start && isSame(now.segments, listing.segments) && isSame(now.snapshots, listing.snapshots)
  );
}

function ascending(versions: (bigint | undefined)[]): bigint[] {
  return versions.filter((version) => version !== undefined).sort((left, right) => (left < right ? -1 : 1));
}

/** The file of a snapshot: the one that the journal was started anew with has a name of its own. */
export function snapshotFile(folder: string, version: bigint): string {
  const start = path.join(folder, startName(version));
  return fs.existsSync(start) ? start : path.join(folder, snapshotName(version));
}
