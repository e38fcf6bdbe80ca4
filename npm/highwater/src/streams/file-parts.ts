// For Node only; everything else in this folder runs in browsers too.
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from '../check.js';
import { InvalidError, UnavailableError } from '../errors.js';
import { type PartStore, taken } from './parts.js';

/**
 * Keeps parts as files in a folder, which Node and Rust may share. A part is written under a temporary name, flushed, and given its name only
 * then, so that there is never half of one.
 */
export class FileParts implements PartStore {
  /** The folder. */
  readonly folder: string;

  /** @param folder - where the parts are; made when the first is written. */
  constructor(folder: string) {
    this.folder = text(folder, 'the folder of the parts');
  }

  /** Writes it, and flushes it and its folder. */
  async put(name: string, bytes: Uint8Array): Promise<void> {
    const file = this.#file(name);
    const temporary = `${file}.${randomBytes(8).toString('hex')}.tmp`;
    await attempt(`part \`${name}\``, async () => {
      await makeFolder(dirname(file));
      try {
        await writeFlushed(temporary, bytes);
        // A link is refused where a rename would replace what is there.
        await link(temporary, file);
      } catch (error) {
        throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? taken(name) : error;
      } finally {
        await unlink(temporary).catch(() => {});
      }
      await flushFolder(dirname(file));
    });
  }

  /** Reads it. */
  async get(name: string): Promise<Uint8Array | undefined> {
    const file = this.#file(name);
    return attempt(`part \`${name}\``, () => ifThere(readFile(file)));
  }

  /** Deletes it. */
  async delete(name: string): Promise<void> {
    const file = this.#file(name);
    await attempt(`part \`${name}\``, () => ifThere(unlink(file)));
  }

  #file(name: string): string {
    return join(
      this.folder,
      ...text(name, 'the name of the part')
        .split('/')
        .map((segment) => encoded(segment, name)),
    );
  }
}

/** A segment of a name as that of a file, which no name leads out of the folder. */
function encoded(segment: string, name: string): string {
  if (segment === '') throw new InvalidError(`the name \`${name}\` of a part has nothing before or after a /`);
  const percent = (bytes: Buffer) => [...bytes].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`);
  const encode = (characters: string) => percent(Buffer.from(characters)).join('');
  return segment.replace(/^\.|[^A-Za-z0-9_.-]+/gu, encode);
}

async function writeFlushed(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  // What was made is flushed up to the folder that was there before.
  for (let made = folder; made.length >= first.length; made = dirname(made)) await flushFolder(dirname(made));
}

async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new UnavailableError(`${what}: ${(error as Error).message}; see that the folder is there and has room`, {
      cause: error,
    });
  }
}
