import fs from 'node:fs';
import path from 'node:path';
import type { StoredBackup } from '../contract.js';
import { backupDiffers } from '../error.js';
import { codeOf, failureOf, isMissing } from './failure.js';
import { makeFolder, namesIn, readWhole, syncFolder, syncFoldersUpTo, writeBeside } from './folder.js';
import { BACKUP_ENDING, BACKUPS_FOLDER } from './names.js';

/** The name was checked: it cannot lead out of the folder. */
function backupFile(folder: string, name: string): string {
  return path.join(folder, BACKUPS_FOLDER, name + BACKUP_ENDING);
}

/** Keeps bytes beside the journal in a folder: they are there whole, or not at all. `top` is above the store. */
export async function putBackup(
  key: string,
  folder: string,
  top: string,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  const file = backupFile(folder, name);
  makeFolder(path.dirname(file));
  let isNew = true;
  await writeBeside(file, bytes, true, (temporary) => {
    try {
      fs.linkSync(temporary, file);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      isNew = false;
    }
  });
  if (!isNew) {
    const kept = await readWhole(file);
    if (kept === undefined || Buffer.compare(kept, bytes) !== 0) throw backupDiffers(key, name);
  }
  // Also when it was there already: whoever made it may have died before its name was on the disk.
  await syncFoldersUpTo(path.dirname(file), top);
}

/** What is kept beside the journal in a folder, in byte order of name. */
export function listBackups(folder: string): StoredBackup[] {
  const backups: StoredBackup[] = [];
  for (const file of namesIn(path.join(folder, BACKUPS_FOLDER))) {
    if (!file.endsWith(BACKUP_ENDING)) continue;
    const found = fs.statSync(path.join(folder, BACKUPS_FOLDER, file), { bigint: true, throwIfNoEntry: false });
    if (found !== undefined) backups.push({ name: file.slice(0, -BACKUP_ENDING.length), sizeBytes: found.size });
  }
  return backups.sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** What is kept beside the journal in a folder under a name. */
export async function readBackup(folder: string, name: string): Promise<Uint8Array | undefined> {
  return readWhole(backupFile(folder, name));
}

/** Removes what is kept beside the journal in a folder under a name. */
export async function deleteBackup(folder: string, name: string): Promise<void> {
  const file = backupFile(folder, name);
  try {
    fs.unlinkSync(file);
  } catch (error) {
    if (isMissing(error)) return;
    throw failureOf(error, 'remove', file);
  }
  await syncFolder(path.dirname(file));
}
