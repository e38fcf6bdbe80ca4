/** Longest part of a keyed state, in bytes: 1 GiB. */
export const PART_BYTES = 2 ** 30;
/** Longest name of a keyed state, in bytes. */
export const NAME_BYTES = 256;
/** Longest key of an entry, as it is encoded, in bytes. */
export const KEY_BYTES = 64 * 1024;
/** Longest value of an entry, as it is encoded, in bytes. */
export const VALUE_BYTES = 16 * 1024 * 1024;
/** Longest name of a part, in bytes. */
export const PART_NAME_BYTES = 256;
/** More deltas than this are written anew as one base. */
export const DELTAS = 64;
