import fs from 'node:fs';
import path from 'node:path';
import { StoreError } from '../error.js';
import { FOLDER_TRIES } from '../limits.js';
import { isMissing } from './failure.js';
import { namesIn } from './folder.js';

/** A folder was not the same for long enough to be read, or shows what is not there. */
export function restless(folder: string): StoreError {
  const name = phantomIn(folder);
  const what =
    name === undefined
      ? `${folder} changed under each of ${FOLDER_TRIES} looks at it; try again, and if this stays so, look for a ` +
        'process that makes and removes files there'
      : `cannot read ${folder}: it lists \`${name}\`, and there is no such file; if it is no broken link, check the file ` +
        'system and mount it again';
  return new StoreError('unavailable', what);
}

/**
 * A name that a folder goes on listing although there is no file of that name: a link that leads nowhere, or what a file
 * system shows that stopped half-way, and has in memory what it never wrote.
 */
function phantomIn(folder: string): string | undefined {
  const missing = new Set(namesIn(folder).filter((name) => isGone(folder, name)));
  return namesIn(folder).find((name) => missing.has(name) && isGone(folder, name));
}

function isGone(folder: string, name: string): boolean {
  try {
    fs.statSync(path.join(folder, name));
    return false;
  } catch (error) {
    return isMissing(error);
  }
}
