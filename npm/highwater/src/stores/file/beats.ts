import fs from 'node:fs';
import path from 'node:path';
import { compareUtf8 } from '../check.js';
import type { StoredBeat } from '../contract.js';
import { entriesOf, makeFolder, readWhole, writeBeside } from './folder.js';
import { BEATS_FOLDER, continuedPiece, decodeName, encodeName } from './names.js';

const ENDING = '.hwb';

/** Overwrites the beat of a worker: whole, but without waiting for the disk. An empty beat is none. */
export async function writeBeat(journal: string, worker: string, bytes: Uint8Array): Promise<void> {
  const file = path.join(journal, BEATS_FOLDER, ...encodeName('w_', worker)) + ENDING;
  makeFolder(path.dirname(file));
  await writeBeside(file, bytes, false, (temporary) => fs.renameSync(temporary, file));
}

/** The last beat of each worker, by worker in byte order. */
export async function readBeats(journal: string): Promise<StoredBeat[]> {
  const beats: StoredBeat[] = [];
  await collect(path.join(journal, BEATS_FOLDER), '', beats);
  return beats.sort((left, right) => compareUtf8(left.worker, right.worker));
}

async function collect(folder: string, before: string, beats: StoredBeat[]): Promise<void> {
  for (const entry of entriesOf(folder)) {
    const continued = continuedPiece('w_', entry.name);
    if (continued !== undefined) {
      await collect(path.join(folder, entry.name), before + continued, beats);
    } else if (entry.name.endsWith(ENDING)) {
      const worker = decodeName('w_', before, entry.name.slice(0, -ENDING.length));
      if (worker === undefined) continue;
      const bytes = await readWhole(path.join(folder, entry.name));
      if (bytes !== undefined && bytes.length > 0) beats.push({ worker, bytes });
    }
  }
}
