import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { frames } from '../engine.js';
import {
  checkBackup,
  checkBeat,
  checkKey,
  checkReset,
  checkVersion,
  checkWorker,
  compareUtf8,
  pageLimit,
} from './check.js';
import type {
  KeyPage,
  Store,
  StoredBackup,
  StoredBeat,
  StoredJournal,
  StoredReset,
  StoredRetained,
  StoredTail,
} from './contract.js';
import { StoreError } from './error.js';
import { deleteBackup, listBackups, putBackup, readBackup } from './file/backups.js';
import { readBeats, writeBeat } from './file/beats.js';
import { failureOf } from './file/failure.js';
import { FileJournal, type JournalContext } from './file/journal.js';
import { keysIn } from './file/keys.js';
import { encodeName, JOURNALS_FOLDER } from './file/names.js';
import { refuseNetwork } from './file/network.js';
import { JOURNALS_OPEN, SEGMENT_BYTES } from './limits.js';

/** Options of a {@link FileStore}. */
export interface FileStoreOptions {
  /** Size at which a segment of a journal is sealed and the next one begun, in bytes; 8 MiB if left open. */
  readonly segmentBytes?: number;
}

/** A journal, and the end of the queue of those who use it. */
interface Slot {
  readonly journal: FileJournal;
  last: Promise<unknown>;
  waiting: number;
}

/**
 * Keeps journals in a directory of this machine. Any number of processes may use it at once, in any language; there is
 * no lock. One append is one write and one flush.
 */
export class FileStore implements Store {
  /** A directory is as near as the disk. */
  readonly isLocal = true;
  readonly #folder: string;
  readonly #context: JournalContext;
  readonly #headerBytes: number;
  readonly #slots = new Map<string, Slot>();
  #isClosed = false;

  /**
   * @param root - the directory; it is made by the first write if it is not there.
   * @throws StoreError with failure `unsupported` if it is on a network file system or is no directory.
   */
  constructor(root: string, options: FileStoreOptions = {}) {
    refuseNetwork(root);
    let sequence = 0n;
    this.#folder = path.join(path.resolve(root), JOURNALS_FOLDER);
    this.#headerBytes = frames.segmentHeader(1n, 'shared').length;
    this.#context = {
      frames,
      top: path.dirname(path.resolve(root)),
      segmentBytes: options.segmentBytes ?? SEGMENT_BYTES,
      writer: randomBytes(16).toString('hex'),
      nextSequence: () => (sequence += 1n),
    };
  }

  /** {@inheritDoc Store.read} */
  async read(key: string): Promise<StoredJournal> {
    return this.#queued(key, (journal) => journal.read());
  }

  /** {@inheritDoc Store.readFrom} */
  async readFrom(key: string, version: bigint): Promise<StoredTail> {
    return this.#queued(key, (journal) => journal.readFrom(version));
  }

  /** {@inheritDoc Store.append} */
  async append(key: string, version: bigint, bytes: Uint8Array): Promise<'appended' | 'taken'> {
    checkVersion(key, version);
    const outcome = await this.#queued(key, (journal) => journal.append(version, bytes));
    // The record is durable, so nobody waits for the seal, and if it fails a later append tries again.
    if (outcome === 'appended') void this.#queued(key, (journal) => journal.rotate(version, bytes)).catch(() => {});
    return outcome;
  }

  /** {@inheritDoc Store.putSnapshot} */
  async putSnapshot(key: string, version: bigint, bytes: Uint8Array): Promise<void> {
    checkVersion(key, version);
    return this.#queued(key, (journal) => journal.putSnapshot(version, bytes));
  }

  /** {@inheritDoc Store.trim} */
  async trim(key: string, upTo: bigint): Promise<void> {
    return this.#queued(key, (journal) => journal.trim(upTo));
  }

  /** {@inheritDoc Store.list} */
  async list(prefix: string, cursor: string | undefined, limit: number): Promise<KeyPage> {
    this.#checkOpen();
    const size = pageLimit(limit);
    const keys = keysIn(this.#folder, this.#headerBytes)
      .filter((key) => key.startsWith(prefix) && (cursor === undefined || compareUtf8(key, cursor) > 0))
      .sort(compareUtf8);
    const page = keys.slice(0, size);
    return { keys: page, next: keys.length > size ? page.at(-1) : undefined };
  }

  /** {@inheritDoc Store.beat} */
  async beat(key: string, worker: string, bytes: Uint8Array): Promise<void> {
    this.#checkOpen();
    checkKey(key);
    checkWorker(worker);
    checkBeat(bytes);
    await writeBeat(this.#folderOf(key), worker, bytes);
  }

  /** {@inheritDoc Store.beats} */
  async beats(key: string): Promise<StoredBeat[]> {
    this.#checkOpen();
    checkKey(key);
    return readBeats(this.#folderOf(key));
  }

  /** {@inheritDoc Store.readAll} */
  async readAll(key: string): Promise<StoredRetained> {
    return this.#queued(key, (journal) => journal.readAll());
  }

  /** {@inheritDoc Store.reset} */
  async reset(key: string, version: bigint, bytes: Uint8Array): Promise<StoredReset> {
    checkReset(key, version);
    return this.#queued(key, (journal) => journal.reset(version, bytes));
  }

  /** {@inheritDoc Store.putBackup} */
  async putBackup(key: string, name: string, bytes: Uint8Array): Promise<void> {
    this.#checkOpen();
    checkBackup(key, name);
    await putBackup(key, this.#folderOf(key), this.#context.top, name, bytes);
  }

  /** {@inheritDoc Store.backups} */
  async backups(key: string): Promise<StoredBackup[]> {
    this.#checkOpen();
    checkKey(key);
    return listBackups(this.#folderOf(key));
  }

  /** {@inheritDoc Store.readBackup} */
  async readBackup(key: string, name: string): Promise<Uint8Array | undefined> {
    this.#checkOpen();
    checkBackup(key, name);
    return readBackup(this.#folderOf(key), name);
  }

  /** {@inheritDoc Store.deleteBackup} */
  async deleteBackup(key: string, name: string): Promise<void> {
    this.#checkOpen();
    checkBackup(key, name);
    await deleteBackup(this.#folderOf(key), name);
  }

  /** Waits for what is under way and closes all files. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const slot of this.#slots.values()) {
      await slot.last.catch(() => {});
      await slot.journal.close();
    }
    this.#slots.clear();
  }

  #folderOf(key: string): string {
    return path.join(this.#folder, ...encodeName('p_', key));
  }

  /** Does one thing after the other with a journal: two at once would not know what each other has read. */
  async #queued<T>(key: string, work: (journal: FileJournal) => Promise<T>): Promise<T> {
    this.#checkOpen();
    checkKey(key);
    const slot = this.#slots.get(key) ?? this.#open(key);
    const next = () => work(slot.journal);
    slot.waiting += 1;
    slot.last = slot.last.then(next, next);
    try {
      return (await slot.last) as T;
    } catch (error) {
      throw failureOf(error, 'use', this.#folderOf(key), 'unknown');
    } finally {
      slot.waiting -= 1;
    }
  }

  #open(key: string): Slot {
    if (this.#slots.size >= JOURNALS_OPEN) this.#closeIdle();
    const slot = {
      journal: new FileJournal(key, this.#folderOf(key), this.#context),
      last: Promise.resolve(),
      waiting: 0,
    };
    this.#slots.set(key, slot);
    return slot;
  }

  /** Closes half of the journals that nobody uses right now, the ones opened longest ago first. */
  #closeIdle(): void {
    const idle = [...this.#slots].filter(([, slot]) => slot.waiting === 0);
    for (const [key, slot] of idle.slice(0, JOURNALS_OPEN / 2)) {
      this.#slots.delete(key);
      void slot.journal.close();
    }
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new StoreError('unsupported', 'the store is closed; open it again');
  }
}
