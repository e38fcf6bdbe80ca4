import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { StoredReset } from '../contract.js';
import { StoreError } from '../error.js';
import { failureOf, isMissing } from './failure.js';
import { fdatasync, makeFolder, syncFolder, syncFoldersUpTo, writeBeside } from './folder.js';
import type { JournalContext } from './journal.js';
import { listingOf } from './listing.js';
import { asideName, pendingName, segmentName, startName } from './names.js';
import { readAll } from './read-all.js';
import { STOP_VERSION } from './segment.js';

/** How often a reset that others withdraw tries again, and how long it waits before. */
const TRIES = 100;
const WAIT_MS = 2;

/**
 * Starts a journal anew, also one that is damaged, against writers that know nothing of it. The snapshot is pending first;
 * then every segment gets a stop at its end, which wins whatever version a writer awaits; then one rename decides, unless
 * somebody who went on with the old journal has withdrawn the snapshot. The README of the Rust crate says why this holds.
 */
export async function resetJournal(
  folder: string,
  context: JournalContext,
  version: bigint,
  bytes: Uint8Array,
): Promise<StoredReset> {
  checkSnapshot(context, version, bytes);
  makeFolder(folder);
  const { segments, start } = listingOf(folder);
  const setAside = segments.length > 0 || start > 0n ? path.join(folder, asideName(version)) : undefined;
  for (let tries = 0; tries < TRIES; tries += 1) {
    // Before anything is sealed in vain.
    if ((await readAll(folder, context.frames)).lastVersion >= version) return { kind: 'taken' };
    const outcome = await tryReset(folder, context, version, bytes);
    if (outcome === 'done') return { kind: 'done', setAside };
    if (outcome === 'taken') return { kind: 'taken' };
    // Resets that withdraw each other wait for different times.
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS * ((tries % 8) + 1) + Math.random() * 8));
  }
  throw new StoreError(
    'unavailable',
    `others went on with the journal in ${folder} each of ${TRIES} times; try again when they pause`,
  );
}

async function tryReset(
  folder: string,
  context: JournalContext,
  version: bigint,
  bytes: Uint8Array,
): Promise<'done' | 'taken' | 'withdrawn'> {
  const name = pendingName(randomBytes(16).toString('hex'));
  const pending = path.join(folder, name);
  try {
    await writeBeside(pending, bytes, true, (temporary) => fs.renameSync(temporary, pending));
    const { segments, pending: others } = listingOf(folder);
    withdraw(
      folder,
      others.filter((other) => other !== name),
    );
    // Those that are there by now may be in use; later ones will not be, as long as ours is pending. The last one first:
    // readers of a segment with one record wait for that.
    for (const first of [...segments].reverse()) await stop(path.join(folder, segmentName(first)), context);
    if ((await readAll(folder, context.frames)).lastVersion >= version) return 'taken';
    try {
      fs.renameSync(pending, path.join(folder, startName(version)));
    } catch (error) {
      if (isMissing(error)) return 'withdrawn';
      throw failureOf(error, 'give its name to', pending);
    }
  } finally {
    // If it stays, whoever appends next withdraws it.
    fs.rmSync(pending, { force: true });
  }
  try {
    await syncFoldersUpTo(folder, context.top);
  } catch (error) {
    throw new StoreError('unknown', (error as Error).message, { cause: error });
  }
  // It counts no more wherever it lies, so a failure is no failure of the reset: trimming tries again.
  await moveAside(folder).catch(() => {});
  return 'done';
}

/** Ends a segment for everybody, durably. Behind a seal it is dead. */
async function stop(file: string, { frames, writer, nextSequence }: JournalContext): Promise<void> {
  const stamp = { version: STOP_VERSION, writer, sequence: nextSequence(), decidedAtMs: 0n, chain: '0'.repeat(64) };
  const frame = frames.seal(stamp);
  let fd: number | undefined;
  try {
    fd = fs.openSync(file, fs.constants.O_WRONLY | fs.constants.O_APPEND);
    if (fs.writeSync(fd, frame) < frame.length) {
      throw new StoreError('unavailable', `no room to end ${file}; make room on the disk and try again`);
    }
    await fdatasync(fd);
  } catch (error) {
    // Trimmed meanwhile, and therefore sealed.
    if (!isMissing(error)) throw failureOf(error, 'append to', file);
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}

/** Withdraws pending resets. Whoever meant them starts over, or has just succeeded. */
export function withdraw(folder: string, pending: readonly string[]): void {
  for (const name of pending) {
    try {
      fs.rmSync(path.join(folder, name), { force: true });
    } catch (error) {
      throw failureOf(error, 'remove', path.join(folder, name));
    }
  }
}

/** Moves what counts no more into a folder of its own, that nothing of a store reads or removes. */
export async function moveAside(folder: string): Promise<void> {
  const { superseded, start } = listingOf(folder);
  if (superseded.length === 0) return;
  const aside = path.join(folder, asideName(start));
  makeFolder(aside);
  for (const name of superseded) {
    try {
      fs.renameSync(path.join(folder, name), path.join(aside, name));
    } catch (error) {
      // Somebody else may do the same.
      if (!isMissing(error)) throw failureOf(error, 'move aside', path.join(folder, name));
    }
  }
  await syncFolder(aside);
  await syncFolder(folder);
}

function checkSnapshot({ frames }: JournalContext, version: bigint, bytes: Uint8Array): void {
  let what;
  try {
    const { kind, stamp } = frames.decodeHeader(bytes);
    if (kind === 'snapshot' && stamp.version === version) return;
    what = `a ${kind} frame of version ${stamp.version}`;
  } catch (error) {
    what = `not a whole frame: ${(error as Error).message}`;
  }
  throw new StoreError(
    'unsupported',
    `a journal cannot start anew at version ${version} with ${what}; hand in a snapshot frame of that version`,
  );
}
