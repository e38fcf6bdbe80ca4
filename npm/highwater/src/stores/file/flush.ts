import fs from 'node:fs';
import type { StoreError } from '../error.js';
import { failureOf } from './failure.js';
import { fdatasync } from './folder.js';

/** A flush failed: the file must be closed, and written again before it is believed. */
export class SyncError extends Error {
  readonly file: string;
  /** Bytes before this offset were flushed before. */
  readonly from: number;
  readonly failure: StoreError;

  constructor(file: string, from: number, failure: StoreError) {
    super(failure.message, { cause: failure });
    this.file = file;
    this.from = from;
    this.failure = failure;
  }
}

/** Writes the bytes of a file again from `from` on, in place: after a failed flush the kernel takes them for clean. */
export async function rewrite(file: string, from: number): Promise<void> {
  const fd = fs.openSync(file, 'r+');
  try {
    const { size } = fs.fstatSync(fd);
    const bytes = Buffer.alloc(Math.max(0, size - from));
    const count = fs.readSync(fd, bytes, 0, bytes.length, from);
    for (let done = 0; done < count;) done += fs.writeSync(fd, bytes, done, count - done, from + done);
    await fdatasync(fd);
  } catch (error) {
    throw failureOf(error, 'write the unflushed end of', file);
  } finally {
    fs.closeSync(fd);
  }
}
