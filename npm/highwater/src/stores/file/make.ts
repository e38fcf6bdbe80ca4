import fs from 'node:fs';
import path from 'node:path';
import type { FrameHeader } from '../../engine.js';
import { StoreError } from '../error.js';
import { FOLDER_TRIES } from '../limits.js';
import { codeOf, failureOf } from './failure.js';
import { syncFolder, syncFoldersUpTo, writeBeside } from './folder.js';
import type { JournalContext } from './journal.js';
import { type Listing, listingOf } from './listing.js';
import { segmentName } from './names.js';
import { withdraw } from './reset.js';
import { Segment } from './segment.js';
import { SegmentFile } from './segment-file.js';

/** What a new segment follows. */
export interface Place {
  readonly folder: string;
  readonly context: JournalContext;
  /** The sealed segment before it, if there is one. */
  readonly before: Segment | undefined;
  /** The version that the journal was started anew at, as far as this process knows. */
  readonly start: bigint;
}

/** What became of a record that a segment was made with. */
export type Made =
  | { readonly kind: 'appended'; readonly segment: Segment }
  | { readonly kind: 'taken' }
  /** Others have made the segment. */
  | { readonly kind: 'exists' }
  /** The folder was removed meanwhile. */
  | { readonly kind: 'removed' };

/**
 * Appends a record by making the segment that begins with it, so that there is never one without a record. Of several who
 * try, the link lets one through. Why each answer holds is said in the README of the Rust crate.
 */
export async function makeSegment(place: Place, header: FrameHeader, frame: Uint8Array): Promise<Made> {
  const made = await linkSegment(place, header, frame);
  if (made === undefined) return { kind: 'exists' };
  let outcome: Made | undefined;
  try {
    return (outcome = await confirm(place, made));
  } catch (error) {
    // It can be read, whatever becomes of this process.
    const failure = failureOf(error, 'look after', made.file.path, 'unknown');
    const isOpen = failure.failure === 'unavailable' || failure.failure === 'denied';
    throw isOpen ? new StoreError('unknown', failure.message, { cause: error }) : failure;
  } finally {
    if (outcome?.kind !== 'appended') made.file.close();
  }
}

/** Gives a segment its name, when its header and its record are on the disk: there is no half-made one. */
async function linkSegment(
  { folder, context: { frames } }: Place,
  header: FrameHeader,
  frame: Uint8Array,
): Promise<Segment | undefined> {
  const first = header.stamp.version;
  const name = path.join(folder, segmentName(first));
  const start = frames.segmentHeader(first, 'shared');
  let file: SegmentFile | undefined;
  try {
    await writeBeside(name, Buffer.concat([start, frame]), true, (temporary) => {
      file = SegmentFile.open(temporary, name);
      fs.linkSync(temporary, name);
    });
  } catch (error) {
    file?.close();
    if (codeOf((error as Error).cause) === 'EEXIST') return undefined;
    throw error;
  }
  return file && Segment.made(file, first, frames, start.length, frame);
}

/** Whether the segment that was just given its name is what the journal goes on with. */
async function confirm({ folder, context, before, start }: Place, made: Segment): Promise<Made> {
  if (made.first === 1n) await syncFoldersUpTo(folder, context.top);
  else await syncFolder(folder);
  made.isNameDurable = true;
  for (let tries = 0; tries < FOLDER_TRIES; tries += 1) {
    // In this order: nothing is trimmed before there is a later segment, which the listing shows.
    const isBeforeThere = before?.file.isInPlace();
    const hasName = made.file.isInPlace();
    const listing = listingOf(folder);
    if (listing.start > start) return superseded(made, listing.start);
    if (listing.pending.length > 0) {
      withdraw(folder, listing.pending);
      continue;
    }
    if (listing.segments.at(-1)! > made.first) return overtaken(made);
    if (hasName && isItsFolder(listing, isBeforeThere, made.first, start)) {
      made.isSettled = true;
      return { kind: 'appended', segment: made };
    }
    takeBack(made);
    return { kind: 'removed' };
  }
  throw unsure(`others are about to start the journal in ${folder} anew, again and again`);
}

/** Whether a folder whose last segment begins with `first` is the one that was known, and was not removed and made again. */
function isItsFolder(listing: Listing, isBeforeThere: boolean | undefined, first: bigint, start: bigint): boolean {
  if (isBeforeThere === undefined) return listing.start === start;
  // If it was trimmed, there must be two snapshots that stand for it.
  return isBeforeThere || (listing.snapshots.at(-2) ?? 0n) >= first - 1n;
}

/**
 * There is a later segment, so the one that begins with this version is sealed. If ours is, others have gone on with it; if not,
 * it is another, which was trimmed before ours got its name.
 */
async function overtaken(made: Segment): Promise<Made> {
  if (await made.isUsed()) return { kind: 'appended', segment: made };
  takeBack(made);
  if (made.sealed) throw unsure(`${made.file.path} was ended by a reset while it was made`);
  return { kind: 'taken' };
}

/** The journal was started anew while the segment was made. */
async function superseded(made: Segment, start: bigint): Promise<Made> {
  if (await made.isUsed()) return { kind: 'appended', segment: made };
  // Whoever did it has seen nothing of this version, and was about to when ours got its name. So nobody has.
  if (made.first === start) return { kind: 'taken' };
  // What it was decided on was lost. With it, no reader accepts the journal.
  if (made.first > start + 1n) takeBack(made);
  throw unsure(`the journal was started anew at ${start} while version ${made.first} was appended`);
}

function takeBack({ file }: Segment): void {
  if (file.isInPlace()) fs.rmSync(file.path, { force: true });
}

function unsure(what: string): StoreError {
  return new StoreError('unknown', `${what}; read the journal again`);
}

/**
 * An earlier version made segments without a record, and a reset that was not finished has ended this one. The next would
 * have the same name.
 */
export function stoppedWithoutRecord({ file }: Segment): StoreError {
  return new StoreError(
    'unavailable',
    `${file.path} was ended by a reset that was not finished, and has no record that can be read, so nothing can follow it; ` +
      'start the journal anew once more',
  );
}
