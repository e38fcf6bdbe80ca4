import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { StoreError } from '../error.js';
import { failureOf, isMissing } from './failure.js';
import { TEMPORARY_ENDING } from './names.js';

/** Only the owner reads and writes the state: it can name secrets. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
/** Temporary files that are older than this were left by a crash. */
const TEMPORARY_AGE_MS = 60 * 60 * 1_000;

/**
 * Flushes a file's bytes to the disk, without blocking the event loop. The way over the thread pool was measured to add
 * about 10 us to a flush of 120 us; writes, which only reach the page cache, are done at once.
 */
export function fdatasync(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fdatasync(fd, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open folders; there a rename is durable with the journal of the file system.
  if (process.platform === 'win32') return;
  let fd: number | undefined;
  try {
    const opened = (fd = fs.openSync(folder, 'r'));
    await new Promise<void>((resolve, reject) => {
      fs.fsync(opened, (error) => (error === null ? resolve() : reject(error)));
    });
  } catch (error) {
    throw failureOf(error, 'flush', folder);
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}

/** Makes the names of a folder durable, and those of the folders above it up to and with `top`. */
export async function syncFoldersUpTo(folder: string, top: string): Promise<void> {
  for (let at = folder; at !== top && path.dirname(at) !== at; at = path.dirname(at)) await syncFolder(at);
  try {
    await syncFolder(top);
  } catch (error) {
    // The folder above the store's may be closed to us; then whoever made the store's folder has to answer for it.
    if (!(error instanceof StoreError && error.failure === 'denied')) throw error;
  }
}

/** Makes a folder and those above it; folders that are there are left alone. */
export function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  } catch (error) {
    throw failureOf(error, 'make the folder', folder);
  }
}

/** What a folder holds; nothing if it is not there. */
export function entriesOf(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw failureOf(error, 'list', folder);
  }
}

/** The names in a folder; none if it is not there. */
export function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw failureOf(error, 'list', folder);
  }
}

/** Writes bytes to a temporary file beside `target`, and hands its path to `publish`, which links or renames it. */
export async function writeBeside(
  target: string,
  bytes: Uint8Array,
  durable: boolean,
  publish: (temporary: string) => void,
): Promise<void> {
  const temporary = path.join(path.dirname(target), `new-${randomBytes(12).toString('hex')}${TEMPORARY_ENDING}`);
  let fd: number | undefined;
  try {
    fd = fs.openSync(temporary, 'wx', FILE_MODE);
    for (let done = 0; done < bytes.length;) done += fs.writeSync(fd, bytes, done);
    if (durable) await fdatasync(fd);
    fs.closeSync(fd);
    fd = undefined;
    publish(temporary);
  } catch (error) {
    throw failureOf(error, 'write', target);
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
    remove(temporary);
  }
}

/** Removes a file that nobody needs; if that is not possible now, the next trim does it. */
function remove(file: string): void {
  try {
    fs.rmSync(file, { force: true });
  } catch {
    // It is not in the way.
  }
}

/** Reads a whole file; `undefined` if it is not there. */
export async function readWhole(file: string): Promise<Buffer | undefined> {
  try {
    return await fs.promises.readFile(file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw failureOf(error, 'read', file);
  }
}

/** Removes what crashes have left half-written in a folder. */
export function removeLeftovers(folder: string): void {
  for (const name of namesIn(folder)) {
    if (!name.startsWith('new-') || !name.endsWith(TEMPORARY_ENDING)) continue;
    const file = path.join(folder, name);
    const written = fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    if (written !== undefined && Date.now() - written > TEMPORARY_AGE_MS) remove(file);
  }
}
