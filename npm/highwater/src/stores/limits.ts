/** Longest key of a journal, in bytes of UTF-8. */
export const KEY_BYTES = 512;
/** Longest name of a worker, in bytes of UTF-8. */
export const WORKER_BYTES = 512;
/** Largest beat, in bytes. */
export const BEAT_BYTES = 64 * 1024;
/** Longest name of a backup, in bytes. */
export const BACKUP_NAME_BYTES = 200;
/** Most keys on one page of a list. */
export const LIST_PAGE_KEYS = 1_000;
/** A segment of the file store that has grown to this many bytes is sealed. */
export const SEGMENT_BYTES = 8 * 1024 * 1024;
/** Journals whose last segment a file store keeps open. */
export const JOURNALS_OPEN = 256;
/** How often an operation of the file store starts over because files were made, trimmed or started anew while it looked at them. */
export const FOLDER_TRIES = 100;
/** How often a read looks again whether a record counts that somebody who is about to start the journal anew may not have seen. */
export const PENDING_LOOKS = 50;
/** How long it waits before each look, in milliseconds. */
export const PENDING_WAIT_MS = 2;
