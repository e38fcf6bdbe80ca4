/** The folder of all journals; the number is that of this layout. */
export const JOURNALS_FOLDER = 'journals-1';
/** The folder of a journal's beats. */
export const BEATS_FOLDER = 'beats';
/** The folder of a journal's backups. */
export const BACKUPS_FOLDER = 'backups';
/** Ends the name of a backup. */
export const BACKUP_ENDING = '.backup';
/** Ends the name of a file that is being written and is nothing yet. */
export const TEMPORARY_ENDING = '.tmp';
/** Longest part of an encoded name in the name of one folder or file, in characters. */
const PIECE_CHARACTERS = 200;
/** Ends the name of a folder that holds the next pieces of longer names. */
const CONTINUED = '+';

/** What a name stands for: a pipeline or a worker. */
export type NamePrefix = 'p_' | 'w_';

/**
 * The parts of the path that stands for a name. Every byte outside `a-z 0-9 _ -` is escaped, so that no name can leave
 * its folder, mean a device, or meet another one on a disk that ignores case; what is too long for one piece goes on in
 * nested folders.
 */
export function encodeName(prefix: NamePrefix, name: string): string[] {
  const encoded = escape(name);
  const pieces = [];
  for (let at = 0; at < encoded.length; at += PIECE_CHARACTERS) {
    const isLast = at + PIECE_CHARACTERS >= encoded.length;
    pieces.push(prefix + encoded.slice(at, at + PIECE_CHARACTERS) + (isLast ? '' : CONTINUED));
  }
  return pieces;
}

/** The escaped text in the name of a folder that holds further pieces; `undefined` if it is none of ours. */
export function continuedPiece(prefix: NamePrefix, folder: string): string | undefined {
  if (!folder.startsWith(prefix) || !folder.endsWith(CONTINUED)) return undefined;
  const piece = folder.slice(prefix.length, -CONTINUED.length);
  return piece.length === PIECE_CHARACTERS ? piece : undefined;
}

/** The name that the pieces before and a last one stand for; `undefined` if it is none of ours. */
export function decodeName(prefix: NamePrefix, before: string, last: string): string | undefined {
  const piece = last.slice(prefix.length);
  if (!last.startsWith(prefix) || piece === '' || piece.length > PIECE_CHARACTERS) return undefined;
  const encoded = before + piece;
  const bytes: number[] = [];
  for (let at = 0; at < encoded.length; at += 1) {
    const code = encoded.charCodeAt(at);
    if (code !== 0x25) {
      bytes.push(code);
      continue;
    }
    bytes.push(Number.parseInt(encoded.slice(at + 1, at + 3), 16));
    at += 2;
  }
  const name = Buffer.from(bytes).toString();
  // Only one spelling stands for a name, so that no two folders are the same journal.
  return escape(name) === encoded ? name : undefined;
}

/** The name of the segment file that begins with a version. */
export function segmentName(first: bigint): string {
  return `log-${first.toString().padStart(20, '0')}.hwl`;
}

/** The name of the snapshot file of a version. */
export function snapshotName(version: bigint): string {
  return `snapshot-${version.toString().padStart(20, '0')}.hws`;
}

/** The name of the snapshot at a version that the journal was started anew with. */
export function startName(version: bigint): string {
  return `start-${version.toString().padStart(20, '0')}.hws`;
}

/** A name for a snapshot that is about to start the journal anew. */
export function pendingName(unique: string): string {
  return `reset-${unique}.hwr`;
}

/** Whether a name is that of a snapshot that is about to start the journal anew. */
export function isPending(file: string): boolean {
  return file.startsWith('reset-') && file.endsWith('.hwr');
}

/** The name of the folder of what a journal had before it was started anew. Never read, never removed. */
export function asideName(version: bigint): string {
  return `aside-${version.toString().padStart(20, '0')}`;
}

const VERSIONED = {
  log: /^log-(\d{20})\.hwl$/,
  snapshot: /^snapshot-(\d{20})\.hws$/,
  start: /^start-(\d{20})\.hws$/,
};

/** The version in the name of a segment, snapshot or start; `undefined` for any other file. */
export function versionOf(kind: 'log' | 'snapshot' | 'start', file: string): bigint | undefined {
  const digits = VERSIONED[kind].exec(file)?.[1];
  if (digits === undefined) return undefined;
  const version = BigInt(digits);
  return version >= 1n && version <= 0xffff_ffff_ffff_ffffn ? version : undefined;
}

function escape(name: string): string {
  let escaped = '';
  for (const byte of Buffer.from(name)) {
    const character = String.fromCharCode(byte);
    escaped += /[a-z0-9_-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return escaped;
}
