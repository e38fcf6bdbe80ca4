// A part of a keyed state as bytes; see `FORMAT.md` of the format crate, which is normative.
//
//   HWKS | format u16 | reserved u16 | entries, by (group, name, key), each once | CRC-32C of all before u32
//   entry: kind u8 | group u32 | name length u16 | key length u32 | [value length u32] | [expires at i64] | name | key | [value]
import { CorruptError, InvalidError } from '../errors.js';
import { type Binary, binary, compareBinary, textOf, write } from './binary.js';
import { crc32c } from './crc32c.js';
import { KEY_BYTES, NAME_BYTES, PART_BYTES, VALUE_BYTES } from './limits.js';

const MAGIC = [0x48, 0x57, 0x4b, 0x53, 1, 0, 0, 0] as const;
const HEADER_BYTES: number = MAGIC.length;
const CHECKSUM_BYTES = 4;
/** Kinds of entries. */
const [REMOVED, VALUE, EXPIRING] = [0, 1, 2];

/** One entry of a part. */
export interface PartEntry {
  /** Key group of the user's key. */
  readonly group: number;
  /** Name of the state, in UTF-8. */
  readonly name: Binary;
  /** The key, encoded. */
  readonly key: Binary;
  /** The value, encoded; none if the entry was removed. */
  readonly value: Binary | undefined;
  /** From then on it is not there any more, milliseconds since the Unix epoch. */
  readonly expiresAtMs: bigint | undefined;
}

/** How many bytes an entry takes in a part. */
export function entryBytes(name: Binary, key: Binary, value: Binary | undefined, expiresAtMs?: bigint): number {
  const head = 11 + name.length + key.length;
  return value === undefined ? head : head + 4 + value.length + (expiresAtMs === undefined ? 0 : 8);
}

/** The part with these entries, which it puts in order. */
export function encodePart(entries: PartEntry[]): Uint8Array {
  let length = HEADER_BYTES + CHECKSUM_BYTES;
  for (const { name, key, value, expiresAtMs } of entries) length += entryBytes(name, key, value, expiresAtMs);
  if (length > PART_BYTES) {
    throw new InvalidError(
      `the part would have ${length} bytes; at most ${PART_BYTES} are allowed, share the keys among more sub-tasks`,
    );
  }
  entries.sort(compareEntries);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  let at = HEADER_BYTES;
  for (const entry of entries) at = writeEntry(entry, bytes, view, at);
  view.setUint32(at, crc32c(bytes.subarray(0, at)), true);
  return bytes;
}

function compareEntries(a: PartEntry, b: PartEntry): number {
  return a.group - b.group || compareBinary(a.name, b.name) || compareBinary(a.key, b.key);
}

function writeEntry(entry: PartEntry, bytes: Uint8Array, view: DataView, start: number): number {
  const { group, name, key, value, expiresAtMs } = entry;
  bytes[start] = value === undefined ? REMOVED : expiresAtMs === undefined ? VALUE : EXPIRING;
  view.setUint32(start + 1, group, true);
  view.setUint16(start + 5, name.length, true);
  view.setUint32(start + 7, key.length, true);
  let at = start + 11;
  if (value !== undefined) {
    view.setUint32(at, value.length, true);
    at += 4;
    if (expiresAtMs !== undefined) {
      view.setBigInt64(at, expiresAtMs, true);
      at += 8;
    }
  }
  at = write(key, bytes, write(name, bytes, at));
  return value === undefined ? at : write(value, bytes, at);
}

/** The digest under which a part is known: of its content, which is its checksum. */
export function partDigest(part: Uint8Array): string {
  const checksum = new DataView(part.buffer, part.byteOffset).getUint32(part.length - CHECKSUM_BYTES, true);
  return `crc32c:${checksum.toString(16).padStart(8, '0')}`;
}

/** The entries of a part, in order. `what` names it in errors. */
export function* decodePart(part: Uint8Array, what: string): Generator<PartEntry, void, undefined> {
  const end = checkFrame(part, what);
  const view = new DataView(part.buffer, part.byteOffset, end);
  let last: PartEntry | undefined;
  for (let at = HEADER_BYTES; at < end;) {
    const read = readEntry(part, view, at, what);
    if (last !== undefined && compareEntries(last, read.entry) >= 0) {
      throw damaged(what, at, 'its entries are not in the order of key group, name and key');
    }
    yield read.entry;
    [last, at] = [read.entry, read.end];
  }
}

/** Checks what is around the entries, and gives their end. */
function checkFrame(part: Uint8Array, what: string): number {
  const end = part.length - CHECKSUM_BYTES;
  if (MAGIC.slice(0, 4).some((byte, index) => part[index] !== byte)) {
    throw damaged(what, 0, 'the magic is missing; is it a part of a state?');
  }
  if (end < HEADER_BYTES) throw damaged(what, part.length, 'it is cut off');
  const checksum = new DataView(part.buffer, part.byteOffset).getUint32(end, true);
  if (crc32c(part.subarray(0, end)) !== checksum) throw damaged(what, end, 'its checksum does not match');
  if (MAGIC.some((byte, index) => part[index] !== byte)) {
    throw new InvalidError(`${what} was written by a newer version; upgrade this one`);
  }
  return end;
}

function readEntry(part: Uint8Array, view: DataView, start: number, what: string): { entry: PartEntry; end: number } {
  try {
    const kind = view.getUint8(start);
    if (kind > EXPIRING!) throw damaged(what, start, `an entry has kind ${kind}, which format 1 does not have`);
    const [group, nameBytes, keyBytes] = [1, 5, 7].map((at) =>
      at === 5 ? view.getUint16(start + at, true) : view.getUint32(start + at, true),
    ) as [number, number, number];
    const valueBytes = kind === REMOVED ? 0 : view.getUint32(start + 11, true);
    const expiresAtMs = kind === EXPIRING ? view.getBigInt64(start + 15, true) : undefined;
    const nameAt = start + [11, 15, 23][kind]!;
    const [keyAt, valueAt] = [nameAt + nameBytes, nameAt + nameBytes + keyBytes];
    const end = valueAt + valueBytes;
    if (end > view.byteLength) throw new RangeError();
    if (nameBytes > NAME_BYTES || keyBytes > KEY_BYTES || valueBytes > VALUE_BYTES) {
      throw damaged(what, start, 'an entry is longer than is allowed');
    }
    const name = binary(part.subarray(nameAt, keyAt));
    const value = kind === REMOVED ? undefined : binary(part.subarray(valueAt, end));
    return { entry: { group, name, key: binary(part.subarray(keyAt, valueAt)), value, expiresAtMs }, end };
  } catch (error) {
    if (error instanceof RangeError) throw damaged(what, start, 'an entry is longer than the part');
    throw error;
  }
}

/** The name of a state as text. */
export function stateName(name: Binary, what: string): string {
  try {
    return textOf(name);
  } catch {
    throw damaged(what, HEADER_BYTES, 'the name of a state is not text');
  }
}

function damaged(what: string, at: number, why: string): CorruptError {
  return new CorruptError(
    `${what} is damaged at byte ${at}: ${why}; restore it from a backup, or restore an older checkpoint`,
  );
}
