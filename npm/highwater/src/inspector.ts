import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Hasher, makeHasher } from './engine.js';

/** What a host says about an artifact. */
export type Inspected =
  /** Nothing is there. */
  | { readonly kind: 'missing' }
  /** Something is there, empty or not. What cannot be said of it is left out. */
  | {
      readonly kind: 'found';
      /** Bytes of the file, or of all files in the folder. */
      readonly sizeBytes?: bigint | undefined;
      /** Digest of the content, if it was asked for. It must be the same for the same content, whoever computes it. */
      readonly digest?: string | undefined;
    }
  /** Nobody can look there: then the node runs, unless it was begun with `trustUnknown`. */
  | { readonly kind: 'unknown'; readonly why: string };

/** Says whether an artifact is there, how large it is, and what digest its content has. */
export type Inspector = (uri: string, options: { readonly withDigest: boolean }) => Promise<Inspected>;

/** Bytes that are read at once. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * Looks at files and folders: plain paths, `file:PATH` and `file:///PATH`. Relative paths start from the working directory.
 *
 * The digest of a file is the BLAKE3 of its content. That of a folder is the BLAKE3 of a list of all that is in it, as the Rust library
 * makes it too: `f SIZE DIGEST PATH NUL` for each file, `d 0 - PATH NUL` for each folder, `l 0 DIGEST PATH NUL` for each symbolic link, which is
 * not followed, and `o 0 - PATH NUL` for anything else, in byte order of path.
 */
export const inspectFile: Inspector = async (uri, { withDigest }) => {
  const path = pathOf(uri);
  if (typeof path !== 'string') return path;
  try {
    const stats = await stat(path, { bigint: true });
    if (stats.isDirectory()) return await inspectFolder(path, withDigest);
    if (!stats.isFile()) return { kind: 'found' };
    return { kind: 'found', sizeBytes: stats.size, digest: withDigest ? await digestOf(path) : undefined };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
    return unknown(`it cannot be read: ${(error as Error).message}`);
  }
};

function unknown(why: string): Inspected {
  return { kind: 'unknown', why };
}

/** The path that a URI names, or why it names none. */
function pathOf(uri: string): string | Inspected {
  // One letter is a drive of Windows.
  const scheme = /^([A-Za-z0-9+.-]{2,}):/.exec(uri)?.[1];
  if (scheme === undefined) return uri;
  if (scheme.toLowerCase() !== 'file') return unknown(`nobody here can look at \`${scheme}:\``);
  const rest = uri.slice(scheme.length + 1);
  if (!rest.startsWith('//')) return rest;
  if (!rest.startsWith('///')) return unknown('it names a host before its path; write `file:///` and an absolute path');
  try {
    return fileURLToPath(`file:${rest}`);
  } catch (error) {
    return unknown((error as Error).message);
  }
}

interface Entry {
  /** Path from the folder, in the bytes that the file system has. */
  readonly name: Buffer;
  readonly path: Buffer;
  readonly kind: 'f' | 'd' | 'l' | 'o';
  readonly size: bigint;
}

async function inspectFolder(folder: string, withDigest: boolean): Promise<Inspected> {
  const entries: Entry[] = [];
  await list(Buffer.from(folder), Buffer.alloc(0), entries);
  const sizeBytes = entries.reduce((sum, entry) => sum + entry.size, 0n);
  if (!withDigest) return { kind: 'found', sizeBytes };
  entries.sort((a, b) => Buffer.compare(a.name, b.name));
  const hasher = makeHasher();
  for (const { name, path, kind, size } of entries) {
    const digest = await digestOfEntry(kind, path);
    hasher.update(Buffer.concat([Buffer.from(`${kind} ${size} ${digest} `), name, Buffer.of(0)]));
  }
  return { kind: 'found', sizeBytes, digest: hasher.digest() };
}

async function list(folder: Buffer, name: Buffer, entries: Entry[]): Promise<void> {
  for (const child of await readdir(folder, { encoding: 'buffer' })) {
    const path = Buffer.concat([folder, Buffer.from('/'), child]);
    const below = name.length === 0 ? child : Buffer.concat([name, Buffer.from('/'), child]);
    const stats = await lstat(path, { bigint: true });
    const kind = stats.isDirectory() ? 'd' : stats.isFile() ? 'f' : stats.isSymbolicLink() ? 'l' : 'o';
    if (kind === 'd') await list(path, below, entries);
    entries.push({ name: below, path, kind, size: kind === 'f' ? stats.size : 0n });
  }
}

async function digestOfEntry(kind: Entry['kind'], path: Buffer): Promise<string> {
  if (kind === 'f') return digestOf(path);
  if (kind !== 'l') return '-';
  const hasher = makeHasher();
  hasher.update(await readlink(path, { encoding: 'buffer' }));
  return hasher.digest();
}

async function digestOf(path: string | Buffer): Promise<string> {
  const hasher: Hasher = makeHasher();
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) hasher.update(chunk as Buffer);
  return hasher.digest();
}
