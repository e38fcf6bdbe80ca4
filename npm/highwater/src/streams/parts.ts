import { InvalidError } from '../errors.js';

/**
 * Keeps the parts of states: blobs that are written once under a name, and never change. Two are here, {@link MemoryParts} and `FileParts`; one for a bucket is a
 * class with three methods.
 */
export interface PartStore {
  /** Writes a part. When this returns, it is durable. A name that is taken is refused. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Reads a part; nothing if there is none. */
  get(name: string): Promise<Uint8Array | undefined>;
  /** Deletes a part. If there is none, nothing happens. */
  delete(name: string): Promise<void>;
}

/** Keeps parts in memory, for tests. */
export class MemoryParts implements PartStore {
  readonly #parts = new Map<string, Uint8Array>();

  /** Names of all parts. */
  get names(): readonly string[] {
    return [...this.#parts.keys()];
  }

  /** Keeps a copy. */
  async put(name: string, bytes: Uint8Array): Promise<void> {
    if (this.#parts.has(name)) throw taken(name);
    this.#parts.set(name, new Uint8Array(bytes));
  }

  /** Gives a copy. */
  async get(name: string): Promise<Uint8Array | undefined> {
    const bytes = this.#parts.get(name);
    return bytes && new Uint8Array(bytes);
  }

  /** Forgets it. */
  async delete(name: string): Promise<void> {
    this.#parts.delete(name);
  }
}

/** @internal */
export function taken(name: string): InvalidError {
  return new InvalidError(`there is a part \`${name}\` already, and parts never change; choose another name`);
}
