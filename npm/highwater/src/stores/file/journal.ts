import fs from 'node:fs';
import path from 'node:path';
import type { FrameHeader, Frames } from '../../engine.js';
import type { StoredJournal, StoredReset, StoredRetained, StoredTail } from '../contract.js';
import { corrupt, gap, snapshotAboveHead, StoreError } from '../error.js';
import { FOLDER_TRIES } from '../limits.js';
import { readAllThatCounts, waitForReset } from './doubt.js';
import { failureOf, isMissing, leavesUnflushed } from './failure.js';
import { rewrite, SyncError } from './flush.js';
import { makeFolder, syncFolder, syncFoldersUpTo } from './folder.js';
import { hasBeginning, type Listing, isStill, listingOf } from './listing.js';
import { readLog } from './log.js';
import { makeSegment, stoppedWithoutRecord } from './make.js';
import { segmentName, snapshotName } from './names.js';
import { resetJournal, withdraw } from './reset.js';
import { restless } from './restless.js';
import { Segment } from './segment.js';
import { newestSnapshot, trimFolder, trimmable, versionsIn, writeSnapshot } from './snapshots.js';

/** The digest that the first record of a journal carries. */
const NO_DIGEST = '0'.repeat(64);

/** What all journals of a file store share. */
export interface JournalContext {
  readonly frames: Frames;
  /** The folder above that of the store, whose names must be durable for the store to be found. */
  readonly top: string;
  /** Size at which a segment is sealed, in bytes. */
  readonly segmentBytes: number;
  /** Id of this store as a writer of seals: 32 hex digits. */
  readonly writer: string;
  /** The next number of this writer. */
  nextSequence(): bigint;
}

/** The journal of one pipeline in its folder. Its methods must not overlap; the store queues them. */
export class FileJournal {
  readonly #key: string;
  readonly #folder: string;
  readonly #context: JournalContext;
  /** The last segment, once it was looked for and found. */
  #segment: Segment | undefined;
  /** The version that the journal had reached when its log was found removed; 0 if it never was. */
  #reached = 0n;
  /** The version that the journal was started anew at, when it was last looked up; 0 if it never was. */
  #start = 0n;
  /** The start whose name this process has flushed. */
  #durableStart = 0n;
  /** What has to be written again because a flush failed. */
  #unflushed: { file: string; from: number } | undefined;

  constructor(key: string, folder: string, context: JournalContext) {
    this.#key = key;
    this.#folder = folder;
    this.#context = context;
  }

  /** See `Store.append`. */
  async append(version: bigint, frame: Uint8Array): Promise<'appended' | 'taken'> {
    const header = this.#headerOf(version, frame);
    for (let tries = 0; tries < FOLDER_TRIES; tries += 1) {
      const segment = await this.#last();
      const next = segment?.next ?? this.#start + 1n;
      if (version < next) return 'taken';
      if (version > next) throw gap(this.#key, version, next - 1n);
      if (segment?.isSettled === false) {
        await this.#settle(segment);
        continue;
      }
      this.#checkChain(header, version === 1n ? NO_DIGEST : segment?.lastDigest);
      if (segment === undefined || segment.sealed) {
        const outcome = await this.#make(segment, header, frame);
        if (outcome !== undefined) return outcome;
        continue;
      }
      await this.#makeNameDurable(segment);
      // What is built on the work of others must not outlive it.
      await this.#flushing(() => segment.makeDurable());
      try {
        const outcome = await this.#flushing(() => segment.append(frame, header));
        if (outcome === 'appended') await this.#requireLog(segment, 'unknown');
        if (outcome !== 'sealed') return outcome;
      } catch (error) {
        if (!this.#forgetSuperseded(error)) throw error;
      }
    }
    throw restless(this.#folder);
  }

  /**
   * Ends a segment that has grown large, if `frame`, of `version`, is its last record. The next one is made with the next
   * record in it.
   */
  async rotate(version: bigint, frame: Uint8Array): Promise<void> {
    const segment = this.#segment;
    if (segment === undefined || segment.sealed || segment.size < this.#context.segmentBytes) return;
    // If others wrote on, the end is theirs to seal.
    if (segment.next !== version + 1n) return;
    const { frames, writer } = this.#context;
    const seal = frames.seal({
      version: segment.next,
      writer,
      sequence: this.#context.nextSequence(),
      // A store has no clock, and needs none: the segment ends when its last record was decided.
      decidedAtMs: frames.decodeHeader(frame).stamp.decidedAtMs,
      chain: frames.digest(frame),
    });
    await this.#flushing(() => segment.append(seal, frames.decodeHeader(seal)));
  }

  /** See `Store.read`. */
  async read(): Promise<StoredJournal> {
    await this.#mend();
    for (let tries = 0; tries < FOLDER_TRIES; tries += 1) {
      const listing = listingOf(this.#folder);
      const { snapshot, damage } = await newestSnapshot(this.#folder, this.#context.frames);
      const start = (snapshot?.version ?? 0n) + 1n;
      const log = await this.#flushing(() => readLog(this.#folder, this.#context.frames, start));
      if (log.kind === 'changed') continue;
      if (log.kind === 'missing') {
        if (!isStill(this.#folder, listing)) continue;
        const seen = damage.map((each) => `; ${each.what} (${each.place})`).join('');
        throw corrupt(`version ${start} and what follows it is missing from the log${seen}; restore it`, log.place);
      }
      if (!(await this.#adoptRead(log.last)) || (await this.#isDoubtful(tries))) continue;
      if (log.last === undefined && snapshot === undefined) this.#checkGone(undefined);
      if (log.last === undefined && snapshot !== undefined) await this.#makeStartDurable(snapshot.version);
      return { snapshot, tail: log.records, damage: [...damage, ...log.damage] };
    }
    throw restless(this.#folder);
  }

  /** See `Store.readFrom`. */
  async readFrom(asked: bigint): Promise<StoredTail> {
    const version = asked < 1n ? 1n : asked;
    for (let tries = 0; tries < FOLDER_TRIES; tries += 1) {
      const last = await this.#last();
      if (await this.#isDoubtful(tries)) continue;
      if (last === undefined && version <= this.#start) return { kind: 'trimmed', floor: this.#start + 1n };
      if (last === undefined || version >= last.next) return { kind: 'records', records: [], damage: [] };
      // The record that a segment was made with is there before anybody has flushed its name.
      await this.#makeNameDurable(last);
      if (version >= last.first) return { kind: 'records', ...(await this.#flushing(() => last.recordsFrom(version))) };
      const listing = listingOf(this.#folder);
      const floor = listing.segments[0] ?? last.first;
      if (version < floor) return { kind: 'trimmed', floor };
      const log = await this.#flushing(() => readLog(this.#folder, this.#context.frames, version));
      if (log.kind === 'changed') continue;
      if (log.kind === 'missing') {
        // A power failure in the middle of a trim may bring back any of the segments that were removed.
        const next = versionsIn(this.#folder, 'log').find((first) => first > log.version);
        if (next !== undefined && log.version <= trimmable(this.#folder)) return { kind: 'trimmed', floor: next };
        if (!isStill(this.#folder, listing)) continue;
        throw corrupt(`version ${log.version} and what follows it is missing from the log; restore it`, log.place);
      }
      if (!(await this.#adoptRead(log.last)) || (await this.#isDoubtful(tries))) continue;
      return { kind: 'records', records: log.records, damage: log.damage };
    }
    throw restless(this.#folder);
  }

  /** See `Store.putSnapshot`. */
  async putSnapshot(version: bigint, bytes: Uint8Array): Promise<void> {
    const segment = await this.#last();
    const head = (segment?.next ?? this.#start + 1n) - 1n;
    if (version > head) throw snapshotAboveHead(this.#key, version, head);
    // Of a journal that was started anew since; it would never be read.
    if (version <= this.#start) return;
    // It stands for records, so they must not be lost while it stays.
    if (segment !== undefined) await this.#flushing(() => segment.makeDurable());
    await writeSnapshot(this.#folder, version, bytes);
    if (segment === undefined) return;
    try {
      await this.#requireLog(segment);
    } catch (error) {
      // In a folder that was removed, and made again by others, it would stand for a log that is not there.
      fs.rmSync(path.join(this.#folder, snapshotName(version)), { force: true });
      throw error;
    }
  }

  /** See `Store.trim`. */
  async trim(upTo: bigint): Promise<void> {
    await trimFolder(this.#folder, upTo);
  }

  /** See `Store.readAll`. */
  async readAll(): Promise<StoredRetained> {
    return readAllThatCounts(this.#folder, this.#context);
  }

  /** See `Store.reset`. */
  async reset(version: bigint, bytes: Uint8Array): Promise<StoredReset> {
    await this.#mend();
    const outcome = await resetJournal(this.#folder, this.#context, version, bytes);
    this.#adopt(undefined);
    return outcome;
  }

  /** Closes the files. Bytes whose flush failed are written again first, as far as that goes. */
  async close(): Promise<void> {
    this.#adopt(undefined);
    await this.#mend().catch(() => {});
  }

  /** The last segment with all that was appended to it, or nothing if there is no journal. */
  async #last(): Promise<Segment | undefined> {
    await this.#mend();
    try {
      await this.#segment?.catchUp();
    } catch (error) {
      // What is found damaged may be what somebody has just set aside.
      if (!this.#forgetSuperseded(error)) throw error;
    }
    if (this.#segment?.sealed === false && this.#segment.file.isRemoved) throw this.#removed();
    for (let tries = 0; tries < FOLDER_TRIES; tries += 1) {
      if (this.#segment !== undefined && !this.#segment.sealed) return this.#segment;
      const { segments, start } = listingOf(this.#folder);
      this.#start = start;
      if (this.#segment !== undefined && this.#segment.first <= start) this.#adopt(undefined);
      const newest = segments.at(-1);
      if (newest === undefined || newest <= (this.#segment?.first ?? 0n)) return this.#checkGone(newest);
      const opened = Segment.open(path.join(this.#folder, segmentName(newest)), newest, this.#context.frames);
      if (opened === undefined) continue;
      const before = this.#segment;
      if (before?.sealed === true && before.next === newest) opened.follow(before.lastDigest);
      try {
        await opened.catchUp();
      } catch (error) {
        opened.file.close();
        throw error;
      }
      // A late process may have made a segment again that was trimmed: only one with none behind it is used, and that is
      // looked up after it was opened.
      const after = listingOf(this.#folder);
      if (hasBeginning(after)) {
        this.#adoptListed(opened, after);
        continue;
      }
      opened.file.close();
      if (isStill(this.#folder, after)) throw this.#noBeginning(after);
    }
    throw restless(this.#folder);
  }

  #noBeginning({ start, segments }: Listing): StoreError {
    return corrupt(
      `version ${start + 1n} is missing: the oldest segment begins with version ${segments[0]}, and no snapshot stands ` +
        'for what was before; restore the folder from a backup',
      this.#folder,
    );
  }

  /**
   * Checks that a segment which this process has used is there: only what has a name can be read by others. Without one it
   * was trimmed, and then it is sealed and there are later segments, or it was removed.
   */
  async #requireLog(segment: Segment, certainty: 'unavailable' | 'unknown' = 'unavailable'): Promise<void> {
    if (!segment.file.hasName()) await this.#requireLater(segment, certainty);
  }

  async #requireLater(segment: Segment, certainty: 'unavailable' | 'unknown' = 'unavailable'): Promise<void> {
    if (!segment.sealed) await segment.catchUp();
    const { segments, start } = listingOf(this.#folder);
    const isTrimmed = segment.sealed && (segments.at(-1) ?? 0n) > segment.first;
    if (!isTrimmed && start < segment.first) throw this.#removed(certainty);
  }

  /**
   * The log was unlinked and nothing follows it, which nothing of this store does. That it was there is not forgotten: without
   * a log the journal is not taken for a new one.
   */
  #removed(certainty: 'unavailable' | 'unknown' = 'unavailable'): StoreError {
    const reached = (this.#segment?.next ?? 1n) - 1n;
    if (reached > this.#reached) this.#reached = reached;
    this.#adopt(undefined);
    return new StoreError(
      certainty,
      `the log in ${this.#folder} was removed while it was in use; restore the folder and try again, or start this ` +
        'program anew if it was meant to go',
    );
  }

  #headerOf(version: bigint, frame: Uint8Array): FrameHeader {
    const refuse = (what: string) =>
      new StoreError(
        'unsupported',
        `what was to be appended to \`${this.#key}\` as version ${version} is ${what}; hand in one record frame`,
      );
    let header;
    try {
      header = this.#context.frames.decodeHeader(frame);
    } catch (error) {
      throw refuse(`not a frame: ${(error as Error).message}`);
    }
    if (header.kind === 'record' && header.stamp.version === version) return header;
    throw refuse(`a ${header.kind} frame of version ${header.stamp.version}`);
  }

  /** A record that does not follow the one before it would be found corrupt by every reader. */
  #checkChain({ stamp }: FrameHeader, before: string | undefined): void {
    if (before === undefined || before === stamp.chain) return;
    const why =
      stamp.version === 1n
        ? 'it is the first, and carries a digest of one before it'
        : `it does not carry the digest of version ${stamp.version - 1n}, so it was decided on another journal`;
    throw new StoreError(
      'unsupported',
      `version ${stamp.version} cannot be appended to \`${this.#key}\`: ${why}; read the journal again and decide again`,
    );
  }

  /** A folder without a segment is a journal that nobody wrote, unless there are traces of one. */
  #checkGone(newest: bigint | undefined): Segment | undefined {
    if (newest !== undefined) return this.#segment;
    if (this.#start > 0n) return undefined;
    const snapshot = versionsIn(this.#folder, 'snapshot').at(-1);
    const reached = snapshot ?? (this.#segment === undefined ? this.#reached : this.#segment.next - 1n);
    if (reached === 0n) return undefined;
    throw corrupt(
      `the journal reached version ${reached}, and now its folder has no log; nothing of this store removes the last ` +
        'segment: restore the folder',
      this.#folder,
    );
  }

  /** Appends a record by making the segment that begins with it. Nothing if others have made it, or the one before is gone. */
  async #make(
    before: Segment | undefined,
    header: FrameHeader,
    frame: Uint8Array,
  ): Promise<'appended' | 'taken' | undefined> {
    if (!(await this.#prepare(before))) return undefined;
    let made;
    try {
      const place = { folder: this.#folder, context: this.#context, before, start: this.#start };
      made = await makeSegment(place, header, frame);
    } catch (error) {
      if (before === undefined || fs.existsSync(this.#folder)) throw error;
      throw this.#removed(error instanceof StoreError && error.failure === 'unknown' ? 'unknown' : 'unavailable');
    }
    if (made.kind === 'removed') throw this.#removed('unknown');
    if (made.kind === 'exists') return undefined;
    if (made.kind === 'appended') this.#adopt(made.segment);
    return made.kind;
  }

  /** Sees to what a new segment rests on. False if the one before it was trimmed, so that there are later ones. */
  async #prepare(before: Segment | undefined): Promise<boolean> {
    if (before === undefined) {
      // Where versions were, folders were. When they are gone, whoever goes on would write what no reader accepts.
      makeFolder(this.#folder);
      await this.#makeStartDurable(this.#start);
      return true;
    }
    if (before.next === before.first) throw stoppedWithoutRecord(before);
    // The seal must be on the disk before the segment that it announces, by whomever it was written.
    await this.#makeNameDurable(before);
    await this.#flushing(() => before.makeDurable());
    if (before.file.isInPlace()) return true;
    await this.#requireLater(before);
    return false;
  }

  /** Whoever made a segment may have died before its name was durable, so everybody sees to that before using it. */
  async #makeNameDurable(segment: Segment): Promise<void> {
    if (segment.isNameDurable) return;
    try {
      if (segment.first === 1n) await syncFoldersUpTo(this.#folder, this.#context.top);
      else await syncFolder(this.#folder);
    } catch (error) {
      // A process that must not write builds nothing here, but tells of records, also of the one that a segment was made with.
      if (segment.file.isWritable || leavesUnflushed((error as Error).cause)) throw error;
    }
    segment.isNameDurable = true;
  }

  /** Whoever started the journal anew may have died before the name of its snapshot was durable. */
  async #makeStartDurable(start: bigint): Promise<void> {
    if (this.#durableStart === start) return;
    try {
      await syncFoldersUpTo(this.#folder, this.#context.top);
    } catch (error) {
      // Nothing can be built on what is read by a process that has no rights there.
      const isDenied = error instanceof StoreError && error.failure === 'denied';
      if (!isDenied || leavesUnflushed(error.cause)) throw error;
    }
    this.#durableStart = start;
  }

  /** Takes over the last segment of a read. False if it is not the last any more. */
  async #adoptRead(segment: Segment | undefined): Promise<boolean> {
    if (segment === undefined) return true;
    await this.#makeNameDurable(segment);
    return this.#adoptListed(segment);
  }

  /** Takes a segment that is open if it still is the last one. The listing was made after it was opened. */
  #adoptListed(segment: Segment, listing = listingOf(this.#folder)): boolean {
    const { segments, start, pending } = listing;
    if (segments.at(-1) !== segment.first) {
      segment.file.close();
      return false;
    }
    if (segment.next <= this.#reached) {
      segment.file.close();
      throw corrupt(
        `the log had reached version ${this.#reached} when it was removed, and now ends with ${segment.next - 1n}; restore ` +
          'the folder from a backup, or start this program anew if this is another journal',
        segment.file.path,
      );
    }
    this.#adopt(segment);
    this.#start = start;
    segment.isSettled = pending.length === 0;
    return true;
  }

  /**
   * Whether the last segment may be one that somebody who is about to start the journal anew does not know of, and who may be
   * the one to succeed: before that is decided, nobody hands out the record that it was made with. Waits a little if so.
   */
  async #isDoubtful(tries: number): Promise<boolean> {
    const segment = this.#segment;
    if (segment === undefined || segment.isSettled || !segment.hasOnlyFirst) return false;
    await waitForReset(this.#folder, tries);
    const { segments, start, pending } = listingOf(this.#folder);
    if (start >= segment.first) this.#adopt(undefined);
    segment.isSettled ||= segments.at(-1) === segment.first && pending.length === 0;
    return true;
  }

  /** Before an append: withdraws what is pending, and lets the last segment be looked up again. */
  async #settle(segment: Segment): Promise<void> {
    withdraw(this.#folder, listingOf(this.#folder).pending);
    await this.#flushing(() => segment.makeDurable());
    this.#adopt(undefined);
  }

  /** Whether an error is damage of a journal that was started anew since; then its segment is let go. */
  #forgetSuperseded(error: unknown): boolean {
    const first = this.#segment?.first;
    if (first === undefined || !(error instanceof StoreError && error.failure === 'corrupt')) return false;
    if (listingOf(this.#folder).start < first) return false;
    this.#adopt(undefined);
    return true;
  }

  /** Does what flushes; a flush that failed closes the file, which is written again before it is believed. */
  async #flushing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      this.#unflushed ??= { file: error.file, from: error.from };
      this.#adopt(undefined);
      throw error.failure;
    }
  }

  async #mend(): Promise<void> {
    if (this.#unflushed === undefined) return;
    const { file, from } = this.#unflushed;
    try {
      await rewrite(file, from);
    } catch (error) {
      // A segment that is gone was trimmed, so a snapshot covers it.
      if (!isMissing(error) || !fs.existsSync(this.#folder)) throw failureOf(error, 'write the unflushed end of', file);
    }
    this.#unflushed = undefined;
  }

  #adopt(segment: Segment | undefined): void {
    if (this.#segment === segment) return;
    this.#segment?.file.close();
    this.#segment = segment;
  }
}
