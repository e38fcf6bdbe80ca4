import fs from 'node:fs';
import type { Claim, Frames } from '../../engine.js';
import type { StoredDamage, VersionedBytes } from '../contract.js';
import { corrupt, StoreError } from '../error.js';
import { codeOf, failureOf } from './failure.js';
import { SyncError } from './flush.js';
import { fdatasync } from './folder.js';
import { type FoundFrames, frameError, scanFrames } from './scan.js';

/** Reads up to this size are done at once; larger ones leave the event loop free. */
const BLOCKING_READ_BYTES = 64 * 1024;
/** More than the header of a segment ever has. */
const HEADER_LOOK_BYTES = 4 * 1024;
/** How many of the newest records' places are remembered, so that a reader who is a little behind reads only those. */
const PLACES_KEPT = 256;
/** How often, and how far apart, a torn end is looked at again: it may be a write that is still going on. */
const TORN_LOOKS = 10;
const TORN_PAUSE_MS = 3;

/** What became of an append to one segment. */
export type SegmentOutcome = 'appended' | 'taken' | 'sealed';

/** Records of a segment from some version on. */
export interface SegmentRecords {
  readonly records: VersionedBytes[];
  readonly damage: StoredDamage[];
}

/** A part of the file, and what is in it. */
interface Look extends Pick<FoundFrames, 'winners' | 'damage'> {
  readonly bytes: Uint8Array;
  readonly offset: number;
}

/** An open segment file, and what is known about it. The order in the file decides who has which version. */
export class Segment {
  /** The version that the segment begins with. */
  readonly first: bigint;
  readonly path: string;
  /** The version that the next valid claim will win. */
  next: bigint;
  /** Whether a seal has won `next`: the segment ends, and the one named by `next` goes on. */
  sealed = false;
  /** Bytes of the file that were looked at. */
  size = 0;
  /** Whether this process knows that the name of the file is durable. */
  isNameDurable = false;
  /** Bytes that a flush of ours covered. */
  #synced = 0;
  #fd: number;
  #writable: boolean;
  /** Offset after the last valid frame; what follows it is damage, or a write that is still going on. */
  #scanned = 0;
  #places: { version: bigint; offset: number }[] = [];
  readonly #frames: Frames;

  private constructor(file: string, first: bigint, frames: Frames, fd: number, writable: boolean) {
    this.path = file;
    this.first = first;
    this.next = first;
    this.#frames = frames;
    this.#fd = fd;
    this.#writable = writable;
  }

  /** Opens a segment without looking into it; `undefined` if it is not there. */
  static open(file: string, first: bigint, frames: Frames): Segment | undefined {
    const { O_APPEND, O_RDWR, O_RDONLY } = fs.constants;
    try {
      return new Segment(file, first, frames, fs.openSync(file, O_RDWR | O_APPEND), true);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      if (!['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error) ?? '')) throw failureOf(error, 'open', file);
    }
    try {
      return new Segment(file, first, frames, fs.openSync(file, O_RDONLY), false);
    } catch (error) {
      throw failureOf(error, 'open', file);
    }
  }

  /** Looks at what was appended since the last look, and gives the claims that won. */
  async catchUp(): Promise<Claim[]> {
    const size = this.#fileSize();
    if (size === this.size && size > 0) return [];
    return (await this.#scan(size)).winners;
  }

  /**
   * Appends a frame that claims `next`, and finds out whether it won. What lies before our frame does not change any more,
   * so what is found is final; only a frame that won has to be flushed.
   */
  async append(frame: Uint8Array, kind: 'record' | 'seal' = 'record'): Promise<SegmentOutcome> {
    this.#makeWritable();
    const before = this.size;
    this.#write(frame);
    const size = this.#fileSize();
    if (size === before + frame.length) {
      await this.#sync(size);
      this.#won(before, size, kind);
      return 'appended';
    }
    // Somebody else has written since our last look: the order in the file decides.
    const [first] = (await this.#scan(size)).winners;
    if (first === undefined) {
      throw new StoreError('unknown', `a frame that was just written to ${this.path} is not there; read it back`);
    }
    if (!this.#isOurs(first, frame)) return first.kind === 'seal' ? 'sealed' : 'taken';
    await this.#sync(size);
    return 'appended';
  }

  /** Makes everything durable that was read from the file, by whomever it was written. */
  async makeDurable(): Promise<void> {
    if (this.#synced < this.size) await this.#sync(this.size);
  }

  /** Flushes what was written, by whomever; a failure leaves the outcome of an append unknown. */
  async #sync(size: number): Promise<void> {
    try {
      await fdatasync(this.#fd);
    } catch (error) {
      // Nothing can be built on what is read by a process that must not write.
      if (!this.#writable) return;
      throw new SyncError(this.path, this.#synced, failureOf(error, 'flush', this.path, 'unknown'));
    }
    this.#synced = size;
  }

  /** The records from `version` on, as far as this segment has them, durably. */
  async recordsFrom(version: bigint): Promise<SegmentRecords> {
    // Most often all that is wanted was not looked at yet, and then one look serves both.
    const isAhead = version >= this.next || this.#scanned === 0;
    if (!isAhead) await this.catchUp();
    const look = isAhead ? await this.#scan(this.#fileSize()) : await this.#lookAgain(version);
    // What another process has written but perhaps not flushed must not be lost once we have told of it.
    await this.makeDurable();
    const records = look.winners
      .filter((claim) => claim.kind === 'record' && claim.version >= version)
      .map((claim) => {
        const at = Number(claim.offset) - look.offset;
        return { version: claim.version, bytes: look.bytes.subarray(at, at + Number(claim.length)) };
      });
    return { records, damage: look.damage };
  }

  /** Whether this process may write to it. */
  get isWritable(): boolean {
    return this.#writable;
  }

  close(): void {
    if (this.#fd >= 0) fs.closeSync(this.#fd);
    this.#fd = -1;
  }

  /** Looks at the part of the file that was not looked at yet. */
  async #scan(size: number): Promise<Look> {
    const offset = this.#scanned;
    let looked = size;
    for (let look = 0; ; look += 1) {
      const bytes = await this.#read(offset, looked);
      if (offset === 0) this.#checkHeader(bytes);
      const found = scanFrames(this.#frames, this.path, bytes, offset, this.next);
      if (found.end < looked && look < TORN_LOOKS) {
        await new Promise((resolve) => setTimeout(resolve, TORN_PAUSE_MS));
        looked = this.#fileSize();
        continue;
      }
      for (const claim of found.winners) this.#remember(claim.version, Number(claim.offset));
      this.size = looked;
      this.#scanned = found.end;
      this.next = found.nextVersion;
      this.sealed ||= found.sealed;
      return { winners: found.winners, damage: found.damage, bytes, offset };
    }
  }

  /** Looks again at the part of the file that has the records from `version` on. */
  async #lookAgain(version: bigint): Promise<Look> {
    const place = this.#places.find((each) => each.version === version);
    const [offset, next] = place === undefined ? [0, this.first] : [place.offset, version];
    const bytes = await this.#read(offset, this.size);
    const { winners, damage } = scanFrames(this.#frames, this.path, bytes, offset, next);
    return { winners, damage, bytes, offset };
  }

  #checkHeader(bytes: Uint8Array): void {
    if (bytes.length === 0) {
      throw corrupt('the segment is an empty file, which we never make; restore it, or open a verified copy', this.path);
    }
    let header;
    try {
      header = this.#frames.decodeSegmentHeader(bytes.subarray(0, HEADER_LOOK_BYTES));
    } catch (error) {
      throw frameError(error, this.path, 0);
    }
    if (header.firstVersion !== this.first) {
      throw corrupt(
        `the header says that the segment begins with version ${header.firstVersion}; give the file back its name`,
        `${this.path}, byte 0`,
      );
    }
    if (header.kind === 'owned') {
      throw new StoreError(
        'unsupported',
        `${this.path} is an owned segment, which this version cannot append to; it was written by a newer version: ` +
          'upgrade this one',
      );
    }
  }

  #won(offset: number, size: number, kind: 'record' | 'seal'): void {
    this.size = size;
    this.#scanned = size;
    if (kind === 'seal') {
      this.sealed = true;
      return;
    }
    this.#remember(this.next, offset);
    this.next += 1n;
  }

  #remember(version: bigint, offset: number): void {
    this.#places.push({ version, offset });
    if (this.#places.length >= 2 * PLACES_KEPT) this.#places = this.#places.slice(-PLACES_KEPT);
  }

  #isOurs(claim: Claim, frame: Uint8Array): boolean {
    const { stamp, kind } = this.#frames.decodeHeader(frame);
    return claim.kind === kind && claim.writer === stamp.writer && claim.sequence === stamp.sequence;
  }

  #write(frame: Uint8Array): void {
    let written;
    try {
      written = fs.writeSync(this.#fd, frame);
    } catch (error) {
      // Without room nothing was written; after any other error the scan of the next reader decides.
      const isFull = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(error) ?? '');
      throw failureOf(error, 'append to', this.path, isFull ? 'unavailable' : 'unknown');
    }
    if (written < frame.length) {
      throw new StoreError(
        'unavailable',
        `only ${written} of ${frame.length} bytes could be appended to ${this.path}; make room on the disk and try ` +
          'again; the torn bytes are skipped',
      );
    }
  }

  #makeWritable(): void {
    if (this.#writable) return;
    try {
      const fd = fs.openSync(this.path, fs.constants.O_RDWR | fs.constants.O_APPEND);
      fs.closeSync(this.#fd);
      this.#fd = fd;
      this.#writable = true;
    } catch (error) {
      throw failureOf(error, 'append to', this.path);
    }
  }

  #fileSize(): number {
    const { size } = fs.fstatSync(this.#fd);
    if (size >= this.size) return size;
    throw corrupt(`the file shrank from ${this.size} to ${size} bytes while it was open`, this.path);
  }

  async #read(from: number, to: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(to - from);
    let done = 0;
    while (done < bytes.length) {
      const count = await this.#readSome(bytes, done, from + done);
      if (count === 0) throw corrupt(`the file ends at ${from + done}, before ${to}`, this.path);
      done += count;
    }
    return bytes;
  }

  #readSome(bytes: Uint8Array, done: number, position: number): number | Promise<number> {
    const length = bytes.length - done;
    if (length <= BLOCKING_READ_BYTES) return fs.readSync(this.#fd, bytes, done, length, position);
    return new Promise((resolve, reject) => {
      fs.read(this.#fd, bytes, done, length, position, (error, count) => {
        if (error === null) resolve(count);
        else reject(failureOf(error, 'read', this.path));
      });
    });
  }
}
