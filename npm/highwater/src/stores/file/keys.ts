import fs from 'node:fs';
import path from 'node:path';
import { failureOf, isMissing } from './failure.js';
import { entriesOf } from './folder.js';
import { listingOf } from './listing.js';
import { continuedPiece, decodeName, segmentName } from './names.js';

/** The keys that have a journal below the folder of all journals, in no order. `headerBytes` is the size of an empty segment. */
export function keysIn(folder: string, headerBytes: number): string[] {
  const keys: string[] = [];
  collect(folder, '', headerBytes, keys);
  return keys;
}

function collect(folder: string, before: string, headerBytes: number, keys: string[]): void {
  for (const entry of entriesOf(folder)) {
    if (!entry.isDirectory()) continue;
    const inner = path.join(folder, entry.name);
    const continued = continuedPiece('p_', entry.name);
    if (continued !== undefined) {
      collect(inner, before + continued, headerBytes, keys);
      continue;
    }
    const key = decodeName('p_', before, entry.name);
    if (key !== undefined && hasRecords(inner, headerBytes)) keys.push(key);
  }
}

/** A crash may leave a segment without a record, and a beat a folder without a segment. Neither makes a journal. */
function hasRecords(folder: string, headerBytes: number): boolean {
  const { segments, start } = listingOf(folder);
  if (start > 0n) return true;
  const first = segments[0];
  if (first === undefined) return false;
  if (first > 1n) return true;
  const file = path.join(folder, segmentName(first));
  try {
    return fs.statSync(file).size > headerBytes;
  } catch (error) {
    if (isMissing(error)) return true;
    throw failureOf(error, 'look at', file);
  }
}
