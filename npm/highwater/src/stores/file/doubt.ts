import path from 'node:path';
import type { StoredRetained } from '../contract.js';
import { FOLDER_TRIES, PENDING_LOOKS, PENDING_WAIT_MS } from '../limits.js';
import type { JournalContext } from './journal.js';
import { listingOf } from './listing.js';
import { segmentName } from './names.js';
import { readAll } from './read-all.js';
import { withdraw } from './reset.js';
import { restless } from './restless.js';
import { Segment } from './segment.js';

/** Lets whoever is about to start the journal anew go on. If that takes long they died, and it is withdrawn. */
export async function waitForReset(folder: string, tries: number): Promise<void> {
  if (tries < PENDING_LOOKS) await new Promise((resolve) => setTimeout(resolve, PENDING_WAIT_MS));
  else withdraw(folder, listingOf(folder).pending);
}

/**
 * All that is left of a journal, when it is decided what counts: what is made of a record that nobody was told of would be
 * above what those make who are about to start the journal anew without it.
 */
export async function readAllThatCounts(folder: string, context: JournalContext): Promise<StoredRetained> {
  for (let tries = 0; tries < FOLDER_TRIES; tries += 1) {
    const { start } = listingOf(folder);
    const retained = await readAll(folder, context.frames);
    if (!(await isDoubtful(folder, context, start))) return retained;
    await waitForReset(folder, tries);
  }
  throw restless(folder);
}

async function isDoubtful(folder: string, { frames }: JournalContext, start: bigint): Promise<boolean> {
  const now = listingOf(folder);
  if (now.start !== start || now.pending.length === 0) return now.start !== start;
  const isAlone = await hasOnlyFirst(folder, now.segments.at(-1), frames);
  // In this order: what stands behind the first record says that nothing is pending any more that was before it.
  const after = listingOf(folder);
  return after.start !== start || (isAlone && after.pending.length > 0);
}

async function hasOnlyFirst(
  folder: string,
  last: bigint | undefined,
  frames: JournalContext['frames'],
): Promise<boolean> {
  if (last === undefined) return false;
  const segment = Segment.open(path.join(folder, segmentName(last)), last, frames);
  try {
    await segment?.catchUp();
    return segment?.hasOnlyFirst ?? false;
  } catch {
    // What is damaged is not new.
    return false;
  } finally {
    segment?.file.close();
  }
}
