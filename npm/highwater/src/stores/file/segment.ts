import type { Claim, FrameHeader, Frames } from '../../engine.js';
import type { StoredDamage, VersionedBytes } from '../contract.js';
import { corrupt, StoreError } from '../error.js';
import { type FoundFrames, frameError, scanFrames } from './scan.js';
import { SegmentFile } from './segment-file.js';

/** More than the header of a segment ever has. */
const HEADER_LOOK_BYTES = 4 * 1024;
/** How many of the newest records' places are remembered, so that a reader who is a little behind reads only those. */
const PLACES_KEPT = 256;
/** How often, and how far apart, a torn end is looked at again: it may be a write that is still going on. */
const TORN_LOOKS = 10;
const TORN_PAUSE_MS = 3;

/** The version that a seal claims which ends its segment whatever version is awaited. */
export const STOP_VERSION = 0xffff_ffff_ffff_ffffn;

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
  readonly file: SegmentFile;
  /** The version that the next valid claim will win. */
  next: bigint;
  /** Whether a seal has won `next`: the segment ends, and the one named by `next` goes on. */
  sealed = false;
  /** Bytes of the file that were looked at. */
  size = 0;
  /** Whether this process knows that the name of the file is durable. */
  isNameDurable = false;
  /**
   * Whether a listing made after it was opened showed nothing pending: whoever starts the journal anew from then on knows of
   * it. Otherwise it is good to read, but not to append to.
   */
  isSettled = false;
  /** Offset after the record that the segment begins with. */
  #firstEnd = 0;
  /** Offset after the last valid frame; what follows it is damage, or a write that is still going on. */
  #scanned = 0;
  #places: { version: bigint; offset: number }[] = [];
  /** The last record, or the one before this segment: its frame, or the digest of it. */
  #last: Uint8Array | string | undefined;
  readonly #frames: Frames;

  constructor(file: SegmentFile, first: bigint, frames: Frames) {
    this.file = file;
    this.first = first;
    this.next = first;
    this.#frames = frames;
  }

  /** Opens a segment without looking into it; `undefined` if it is not there. */
  static open(path: string, first: bigint, frames: Frames): Segment | undefined {
    const file = SegmentFile.open(path);
    return file && new Segment(file, first, frames);
  }

  /** A segment that was just made with a record in it, both on the disk. */
  static made(file: SegmentFile, first: bigint, frames: Frames, headerBytes: number, record: Uint8Array): Segment {
    const segment = new Segment(file, first, frames);
    file.synced = headerBytes + record.length;
    segment.#won(headerBytes, file.synced, record);
    return segment;
  }

  /** Whether there is no valid frame behind the record that it was made with. */
  get hasOnlyFirst(): boolean {
    return this.next === this.first + 1n && !this.sealed && this.#scanned === this.#firstEnd;
  }

  /** Whether others have written to it since the last look, other than to end it for everybody. */
  async isUsed(): Promise<boolean> {
    const { winners, bytes, offset } = await this.#scan(this.file.size(this.size));
    return winners.some((claim) => !this.#isStop(claim, bytes, offset));
  }

  /** Says what the last record before this segment is, so that the first one in it can be checked against it. */
  follow(digest: string | undefined): void {
    this.#last ??= digest;
  }

  /** The digest of the last record, or of the one before this segment; nothing if that is not known. */
  get lastDigest(): string | undefined {
    if (this.#last instanceof Uint8Array) this.#last = this.#frames.digest(this.#last);
    return this.#last;
  }

  /** Looks at what was appended since the last look, and gives the claims that won. */
  async catchUp(): Promise<Claim[]> {
    const size = this.file.size(this.size);
    if (size === this.size && size > 0) return [];
    return (await this.#scan(size)).winners;
  }

  /**
   * Appends a frame that claims `next`, and finds out whether it won. What lies before our frame does not change any more,
   * so what is found is final; only a frame that won has to be flushed.
   */
  async append(frame: Uint8Array, header: FrameHeader): Promise<SegmentOutcome> {
    this.file.makeWritable();
    const before = this.size;
    this.file.write(frame);
    const size = this.file.size(this.size);
    if (size === before + frame.length) {
      await this.file.sync(size);
      this.#won(before, size, header.kind === 'seal' ? undefined : frame);
      return 'appended';
    }
    // Somebody else has written since our last look: the order in the file decides.
    const [first] = (await this.#scan(size)).winners;
    if (first === undefined) {
      throw new StoreError('unknown', `a frame that was just written to ${this.file.path} is not there; read it back`);
    }
    if (!isClaimOf(first, header)) return first.kind === 'seal' ? 'sealed' : 'taken';
    await this.file.sync(size);
    return 'appended';
  }

  /** Makes everything durable that was read from the file, by whomever it was written. */
  async makeDurable(): Promise<void> {
    if (this.file.synced < this.size) await this.file.sync(this.size);
  }

  /** The records from `version` on, as far as this segment has them, durably. */
  async recordsFrom(version: bigint): Promise<SegmentRecords> {
    // Most often all that is wanted was not looked at yet, and then one look serves both.
    const isAhead = version >= this.next || this.#scanned === 0;
    if (!isAhead) await this.catchUp();
    const look = isAhead ? await this.#scan(this.file.size(this.size)) : await this.#lookAgain(version);
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

  /** Looks at the part of the file that was not looked at yet. */
  async #scan(size: number): Promise<Look> {
    const offset = this.#scanned;
    if (this.sealed) {
      // A claim behind the seal came too late. Whoever made it writes it again to the next segment.
      this.size = size;
      return { winners: [], damage: [], bytes: new Uint8Array(), offset };
    }
    let looked = size;
    for (let look = 0; ; look += 1) {
      const bytes = await this.file.read(offset, looked);
      if (offset === 0) this.#checkHeader(bytes);
      const found = scanFrames(this.#frames, this.file.path, bytes, offset, this.next);
      if (found.end < looked && look < TORN_LOOKS) {
        await new Promise((resolve) => setTimeout(resolve, TORN_PAUSE_MS));
        looked = this.file.size(this.size);
        continue;
      }
      this.#checkChain(found.winners[0], bytes, offset);
      for (const claim of found.winners) {
        this.#remember(claim.version, Number(claim.offset), Number(claim.offset + claim.length));
        if (claim.kind === 'record') this.#last = claim.digest;
      }
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
    const bytes = await this.file.read(offset, this.size);
    const { winners, damage } = scanFrames(this.#frames, this.file.path, bytes, offset, next);
    return { winners, damage, bytes, offset };
  }

  /** Within the bytes, the scan has checked the chain; here it is checked that it goes on from the record before them. */
  #checkChain(first: Claim | undefined, bytes: Uint8Array, offset: number): void {
    const before = this.lastDigest;
    if (first === undefined || before === undefined) return;
    // What ends a segment for everybody was written by somebody who did not know the record before it.
    if (this.#headerOf(first, bytes, offset).stamp.chain === before || this.#isStop(first, bytes, offset)) return;
    throw corrupt(
      `version ${first.version} does not carry the digest of the record before it; restore the file`,
      `${this.file.path}, byte ${first.offset}`,
    );
  }

  #headerOf(claim: Claim, bytes: Uint8Array, offset: number): FrameHeader {
    const at = Number(claim.offset) - offset;
    return this.#frames.decodeHeader(bytes.subarray(at, at + Number(claim.length)));
  }

  #isStop(claim: Claim, bytes: Uint8Array, offset: number): boolean {
    return claim.kind === 'seal' && this.#headerOf(claim, bytes, offset).stamp.version === STOP_VERSION;
  }

  #checkHeader(bytes: Uint8Array): void {
    if (bytes.length === 0) {
      throw corrupt(
        'the segment is an empty file, which we never make; restore it, or open a verified copy',
        this.file.path,
      );
    }
    let header;
    try {
      header = this.#frames.decodeSegmentHeader(bytes.subarray(0, HEADER_LOOK_BYTES));
    } catch (error) {
      throw frameError(error, this.file.path, 0);
    }
    if (header.firstVersion !== this.first) {
      throw corrupt(
        `the header says that the segment begins with version ${header.firstVersion}; give the file back its name`,
        `${this.file.path}, byte 0`,
      );
    }
    if (header.kind === 'owned') {
      throw new StoreError(
        'unsupported',
        `${this.file.path} is an owned segment, which this version cannot append to; it was written by a newer version: ` +
          'upgrade this one',
      );
    }
    // A segment gets its name only when its header is on the disk.
    this.file.synced = Math.max(this.file.synced, this.#frames.segmentHeader(this.first, 'shared').length);
  }

  /** Takes a frame of ours into account that won: a record, or else a seal. */
  #won(offset: number, size: number, record: Uint8Array | undefined): void {
    this.size = size;
    this.#scanned = size;
    if (record === undefined) {
      this.sealed = true;
      return;
    }
    this.#last = record;
    this.#remember(this.next, offset, size);
    this.next += 1n;
  }

  #remember(version: bigint, offset: number, end: number): void {
    if (version === this.first) this.#firstEnd = end;
    this.#places.push({ version, offset });
    if (this.#places.length >= 2 * PLACES_KEPT) this.#places = this.#places.slice(-PLACES_KEPT);
  }
}

function isClaimOf(claim: Claim, { kind, stamp }: FrameHeader): boolean {
  return claim.kind === kind && claim.writer === stamp.writer && claim.sequence === stamp.sequence;
}
