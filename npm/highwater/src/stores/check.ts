import { BACKUP_NAME_BYTES, BEAT_BYTES, KEY_BYTES, LIST_PAGE_KEYS, WORKER_BYTES } from './limits.js';
import { StoreError } from './error.js';

/** Refuses a key that is outside the contract. */
export function checkKey(key: string): void {
  checkName('key of a journal', key, KEY_BYTES);
}

/** Refuses the name of a worker that is outside the contract. */
export function checkWorker(worker: string): void {
  checkName('name of a worker', worker, WORKER_BYTES);
}

/** Refuses a beat that is too large. */
export function checkBeat(bytes: Uint8Array): void {
  if (bytes.length > BEAT_BYTES) {
    throw new StoreError(
      'unsupported',
      `a beat of ${bytes.length} bytes is above the limit of ${BEAT_BYTES}; make it smaller`,
    );
  }
}

/** Refuses a key, and the name of a backup, that are outside the contract. */
export function checkBackup(key: string, name: string): void {
  checkKey(key);
  checkName('name of a backup', name, BACKUP_NAME_BYTES);
  if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(name)) {
    throw new StoreError(
      'unsupported',
      `the name of a backup ${JSON.stringify(name)} is not allowed: use ASCII letters, digits, \`.\`, \`_\` and \`-\`, ` +
        'and begin with another than `.`',
    );
  }
}

/** Refuses a key, and version 0. */
export function checkVersion(key: string, version: bigint): void {
  checkKey(key);
  if (version < 1n) {
    throw new StoreError(
      'unsupported',
      `version ${version} of \`${key}\` does not exist: the versions of a journal start at 1`,
    );
  }
}

/** Refuses a key, version 0, and the last version there is, after which nothing could be appended. */
export function checkReset(key: string, version: bigint): void {
  checkVersion(key, version);
  if (version >= 0xffff_ffff_ffff_ffffn) {
    throw new StoreError(
      'unsupported',
      `\`${key}\` cannot start anew at version ${version}: no version would be left after it`,
    );
  }
}

/** The size of a page that a caller gets. */
export function pageLimit(limit: number): number {
  return Math.min(Math.max(Math.trunc(limit), 1), LIST_PAGE_KEYS);
}

/** Orders texts by their UTF-8 bytes, as every host does; JavaScript itself orders by UTF-16 units. */
export function compareUtf8(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function checkName(noun: string, name: string, limit: number): void {
  const refuse = (message: string): never => {
    throw new StoreError('unsupported', message);
  };
  if (name === '') refuse(`the ${noun} is empty; give one of 1 to ${limit} bytes`);
  // A name has at least as many bytes as UTF-16 units, so a huge one is refused without being encoded.
  const length = name.length > limit ? name.length : Buffer.byteLength(name);
  if (length > limit) {
    const start = [...name.slice(0, 64)].slice(0, 32).join('');
    const bytes = Buffer.byteLength(name);
    refuse(`the ${noun} that starts \`${start}\` has ${bytes} bytes, above the limit of ${limit}; shorten it`);
  }
  if (name.includes('\0')) refuse(`the ${noun} ${JSON.stringify(name)} contains a NUL character; leave it out`);
  if (!/^\P{Surrogate}*$/u.test(name)) {
    refuse(`the ${noun} ${JSON.stringify(name)} contains half of a surrogate pair; use whole characters`);
  }
}
