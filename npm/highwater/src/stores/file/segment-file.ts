import fs from 'node:fs';
import { corrupt, StoreError } from '../error.js';
import { codeOf, failureOf, isDenied, isFull, leavesUnflushed } from './failure.js';
import { SyncError } from './flush.js';
import { fdatasync } from './folder.js';

/** Reads up to this size are done at once; larger ones leave the event loop free. */
const BLOCKING_READ_BYTES = 64 * 1024;

/** The file of a segment, open for appending, or for reading alone where the rights are not enough. */
export class SegmentFile {
  readonly path: string;
  /** Bytes that a flush of ours covered. */
  synced = 0;
  /** Whether the file had lost its name when it was last looked at: trimmed, when it is also sealed. */
  isRemoved = false;
  #fd: number;
  #writable: boolean;

  private constructor(path: string, fd: number, writable: boolean) {
    this.path = path;
    this.#fd = fd;
    this.#writable = writable;
  }

  /** Opens a file, which has or will have the name `name`; `undefined` if it is not there. */
  static open(path: string, name = path): SegmentFile | undefined {
    const { O_APPEND, O_RDWR, O_RDONLY } = fs.constants;
    try {
      return new SegmentFile(name, fs.openSync(path, O_RDWR | O_APPEND), true);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      if (!isDenied(error)) throw failureOf(error, 'open', path);
    }
    try {
      return new SegmentFile(path, fs.openSync(path, O_RDONLY), false);
    } catch (error) {
      throw failureOf(error, 'open', path);
    }
  }

  /** Whether this process may write to it. */
  get isWritable(): boolean {
    return this.#writable;
  }

  /** Closes it; twice does nothing. */
  close(): void {
    if (this.#fd >= 0) fs.closeSync(this.#fd);
    this.#fd = -1;
  }

  /** Tries again to get the right to write, if it was not there. */
  makeWritable(): void {
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

  /** Appends a frame with one write. */
  write(frame: Uint8Array): void {
    let written;
    try {
      written = fs.writeSync(this.#fd, frame);
    } catch (error) {
      // Without room nothing was written; after any other error the scan of the next reader decides.
      throw failureOf(error, 'append to', this.path, isFull(error) ? 'failed' : 'unknown');
    }
    if (written < frame.length) {
      throw new StoreError(
        'unavailable',
        `only ${written} of ${frame.length} bytes could be appended to ${this.path}; make room on the disk and try ` +
          'again; the torn bytes are skipped',
      );
    }
  }

  /** Flushes what was written, by whomever; a failure leaves the outcome of an append unknown. */
  async sync(size: number): Promise<void> {
    try {
      await fdatasync(this.#fd);
    } catch (error) {
      // A process that must not write builds nothing here, and some disks that cannot be written cannot flush.
      if (!this.#writable && !leavesUnflushed(error)) return;
      throw new SyncError(this.path, this.synced, failureOf(error, 'flush', this.path, 'unknown'));
    }
    this.synced = size;
  }

  /** The size of the file, which is never less than it was. */
  size(least: number): number {
    const { size, nlink } = fs.fstatSync(this.#fd);
    this.isRemoved = nlink === 0;
    if (size >= least) return size;
    throw corrupt(`the file shrank from ${least} to ${size} bytes while it was open`, this.path);
  }

  /** Whether the file still has a name: it loses it when it is trimmed, or when somebody removes the folder. */
  hasName(): boolean {
    this.isRemoved = fs.fstatSync(this.#fd).nlink === 0;
    return !this.isRemoved;
  }

  /** Whether its name still stands for this very file. What has another name, left by a crash, may have lost this one. */
  isInPlace(): boolean {
    const named = fs.statSync(this.path, { bigint: true, throwIfNoEntry: false });
    const ours = fs.fstatSync(this.#fd, { bigint: true });
    return named?.ino === ours.ino && named.dev === ours.dev;
  }

  /** Reads what lies between two offsets. */
  async read(from: number, to: number): Promise<Uint8Array> {
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
