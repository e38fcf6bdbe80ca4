// Keys of the entries of lists and maps: length of the user's encoded key (u32, little-endian), that key, the key within.
import { type Binary, binary } from './binary.js';

const LENGTH_BYTES = 4;

/** What all keys of one user's key begin with. */
export function prefixOf(userKey: Binary): Binary {
  const bytes = new Uint8Array(LENGTH_BYTES);
  new DataView(bytes.buffer).setUint32(0, userKey.length, true);
  return binary(bytes) + userKey;
}

/** That beginning of a key. */
export function prefixIn(key: Binary): Binary {
  const length = key.charCodeAt(0) | (key.charCodeAt(1) << 8) | (key.charCodeAt(2) << 16) | (key.charCodeAt(3) << 24);
  return key.slice(0, LENGTH_BYTES + (length >>> 0));
}

/** The user's key of such a beginning. */
export function userKeyIn(prefix: Binary): Binary {
  return prefix.slice(LENGTH_BYTES);
}

/** The index of an item of a list (u64, big-endian, so that the order of bytes is that of the list). */
export function indexKey(index: bigint): Binary {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, index);
  return binary(bytes);
}

/** The index behind the last one. */
export function nextIndex(last: Binary | undefined, prefix: Binary): bigint {
  if (last === undefined) return 0n;
  let index = 0n;
  for (const byte of last.slice(prefix.length)) index = (index << 8n) | BigInt(byte.charCodeAt(0));
  return index + 1n;
}
