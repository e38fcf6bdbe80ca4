import fs from 'node:fs';
import path from 'node:path';
import type { Frames } from '../../engine.js';
import type { StoredDamage, VersionedBytes } from '../contract.js';
import { failureOf } from './failure.js';
import { readWhole, removeLeftovers, syncFolder, writeBeside } from './folder.js';
import { listingOf, snapshotFile } from './listing.js';
import { BACKUPS_FOLDER, segmentName, snapshotName } from './names.js';
import { moveAside } from './reset.js';

/** How many snapshots are kept: should the newest one be damaged, the one before and the log from there serve. */
const KEPT = 2;

/** The versions of the segments or snapshots in a folder that count, ascending. */
export function versionsIn(folder: string, kind: 'log' | 'snapshot'): readonly bigint[] {
  const { segments, snapshots } = listingOf(folder);
  return kind === 'log' ? segments : snapshots;
}

/** The newest whole snapshot of a journal, and what was wrong with newer ones. */
export async function newestSnapshot(
  folder: string,
  frames: Frames,
): Promise<{ snapshot: VersionedBytes | undefined; damage: StoredDamage[] }> {
  const damage: StoredDamage[] = [];
  for (const version of [...versionsIn(folder, 'snapshot')].reverse()) {
    const file = snapshotFile(folder, version);
    const bytes = await readWhole(file);
    // Trimmed since we listed the folder; a newer one is there by now, and whoever reads again finds it.
    if (bytes === undefined) continue;
    try {
      const info = frames.verifySnapshot(bytes);
      if (info.version === version) return { snapshot: { version, bytes }, damage };
      damage.push({ what: `the snapshot says that it is of version ${info.version}`, place: file });
    } catch (error) {
      damage.push({ what: `the snapshot is damaged: ${(error as Error).message}`, place: file });
    }
  }
  return { snapshot: undefined, damage };
}

/** Stores a snapshot: it is there whole, or not at all. */
export async function writeSnapshot(folder: string, version: bigint, bytes: Uint8Array): Promise<void> {
  const file = path.join(folder, snapshotName(version));
  await writeBeside(file, bytes, true, (temporary) => fs.renameSync(temporary, file));
  await syncFolder(folder);
}

/**
 * Drops snapshots older than those that are kept, and segments that only hold versions up to `upTo` and below the
 * oldest kept snapshot. The last segment stays, so the floor can always be seen.
 */
export async function trimFolder(folder: string, upTo: bigint): Promise<void> {
  removeLeftovers(folder);
  removeLeftovers(path.join(folder, BACKUPS_FOLDER));
  await moveAside(folder);
  const snapshots = versionsIn(folder, 'snapshot');
  const last = trimmable(folder);
  if (last === 0n) return;
  const covered = upTo < last ? upTo : last;
  const segments = versionsIn(folder, 'log');
  const droppable = segments.filter((_, index) => (segments[index + 1] ?? covered + 2n) - 1n <= covered);
  const dropped = [...droppable.map(segmentName), ...snapshots.slice(0, -KEPT).map(snapshotName)];
  if (dropped.length === 0) return;
  // The names of the snapshots must be on the disk before that goes which they stand for, older snapshots included.
  await syncFolder(folder);
  for (const name of dropped) {
    try {
      fs.rmSync(path.join(folder, name), { force: true });
    } catch (error) {
      throw failureOf(error, 'remove', path.join(folder, name));
    }
  }
  await syncFolder(folder);
}

/** Up to which version the log may be dropped: what the older of the kept snapshots covers, 0 if there are not enough. */
export function trimmable(folder: string): bigint {
  const kept = versionsIn(folder, 'snapshot').slice(-KEPT);
  return kept.length < KEPT ? 0n : kept[0]!;
}
