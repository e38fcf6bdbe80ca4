// The entries of one state of a sub-task, by their keys, and which of them have changed since the last completed checkpoint.
import type { Binary } from './binary.js';
import { entryBytes, type PartEntry } from './part.js';

/** What a key has. */
export interface Entry {
  readonly group: number;
  readonly value: Binary;
  readonly expiresAtMs: bigint | undefined;
}

/** That a key has changed, or was removed. */
interface Change {
  readonly group: number;
  /** Snapshots that were made before the last change. */
  readonly epoch: number;
}

/** How much a state holds. */
export interface StateStatistics {
  /** Entries, with those that have expired and were not asked for since. */
  readonly entries: number;
  /** Bytes that they take in a part. */
  readonly bytes: number;
  /** Entries that have changed since the last completed checkpoint, removed ones too. */
  readonly dirty: number;
  /** Entries that were dropped because they had expired, since the sub-task started. */
  readonly expired: number;
}

/** The keys of a list or a map: those that begin with the same user's key. */
interface Inner {
  readonly keys: Set<Binary>;
  /** The last of all that there were since it was empty. */
  last: Binary;
}

const GONE = { value: undefined, expiresAtMs: undefined };

/** @internal */
export class Table {
  /** Name of the state, in UTF-8. */
  readonly name: Binary;
  /** What {@link StateStatistics.bytes} says. */
  bytes = 0;
  readonly #entries = new Map<Binary, Entry>();
  readonly #changes = new Map<Binary, Change>();
  /** That of the newest change. */
  #lastEpoch = 0;
  #expired = 0;
  /** Where the user's key ends in a key; set for lists and maps alone. */
  #prefix: ((key: Binary) => Binary) | undefined;
  readonly #inner = new Map<Binary, Inner>();

  constructor(name: Binary) {
    this.name = name;
  }

  get statistics(): StateStatistics {
    const [entries, dirty] = [this.#entries.size, this.#changes.size];
    return { entries, bytes: this.bytes, dirty, expired: this.#expired };
  }

  /** From now on {@link keysUnder} is known. */
  index(prefix: (key: Binary) => Binary): void {
    if (this.#prefix !== undefined) return;
    this.#prefix = prefix;
    for (const key of this.#entries.keys()) this.#add(key);
  }

  /** What a key has at this time. An entry that has expired is dropped, and the next checkpoint says so. */
  live(key: Binary, nowMs: number, epoch: number): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || !hasExpired(entry, nowMs)) return entry;
    this.#expired += 1;
    this.remove(key, epoch);
    return undefined;
  }

  /** All keys, expired ones too. */
  keys(): Binary[] {
    return [...this.#entries.keys()];
  }

  /** The users' keys of a list or a map. */
  prefixes(): Binary[] {
    return [...this.#inner.keys()];
  }

  /** Keys of a list or a map that belong to this user's key, in no order. */
  keysUnder(prefix: Binary): Binary[] {
    return [...(this.#inner.get(prefix)?.keys ?? [])];
  }

  /** The last key that there was under this user's key since it had none. */
  lastUnder(prefix: Binary): Binary | undefined {
    return this.#inner.get(prefix)?.last;
  }

  /** How many bytes more there are if this is put. */
  growth(key: Binary, value: Binary, expiresAtMs: bigint | undefined): number {
    const before = this.#entries.get(key);
    const bytes = entryBytes(this.name, key, value, expiresAtMs);
    return before === undefined ? bytes : bytes - this.#bytesOf(key, before);
  }

  put(key: Binary, entry: Entry, epoch: number): void {
    this.bytes += this.growth(key, entry.value, entry.expiresAtMs);
    this.#entries.set(key, entry);
    this.#change(key, entry.group, epoch);
    this.#add(key);
  }

  /** True if there was an entry. */
  remove(key: Binary, epoch: number): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.bytes -= this.#bytesOf(key, entry);
    this.#entries.delete(key);
    this.#change(key, entry.group, epoch);
    this.#leave(key);
    return true;
  }

  /** Takes over an entry of a part, which is no change. */
  load({ group, key, value, expiresAtMs }: PartEntry): void {
    if (value === undefined) this.remove(key, 0);
    else this.put(key, { group, value, expiresAtMs }, 0);
    this.#changes.delete(key);
  }

  /** What has changed, as it is now; an entry that has expired counts as removed. */
  *changes(nowMs: number): Generator<PartEntry, void, undefined> {
    for (const [key, { group }] of this.#changes) {
      const entry = this.#entries.get(key);
      const { value, expiresAtMs } = entry === undefined || hasExpired(entry, nowMs) ? GONE : entry;
      yield { group, name: this.name, key, value, expiresAtMs };
    }
  }

  /** Everything. */
  *entries(): Generator<PartEntry, void, undefined> {
    for (const [key, { group, value, expiresAtMs }] of this.#entries) {
      yield { group, name: this.name, key, value, expiresAtMs };
    }
  }

  /** Drops all that has expired. */
  compact(nowMs: number, epoch: number): void {
    for (const key of this.#entries.keys()) this.live(key, nowMs, epoch);
  }

  /** Changes up to this epoch are in a completed checkpoint. */
  forgetChanges(epoch: number): void {
    if (this.#lastEpoch <= epoch) return this.#changes.clear();
    for (const [key, change] of this.#changes) if (change.epoch <= epoch) this.#changes.delete(key);
  }

  #change(key: Binary, group: number, epoch: number): void {
    this.#changes.set(key, { group, epoch });
    this.#lastEpoch = epoch;
  }

  #bytesOf(key: Binary, { value, expiresAtMs }: Entry): number {
    return entryBytes(this.name, key, value, expiresAtMs);
  }

  #add(key: Binary): void {
    if (this.#prefix === undefined) return;
    const prefix = this.#prefix(key);
    const inner = this.#inner.get(prefix);
    if (inner === undefined) {
      this.#inner.set(prefix, { keys: new Set([key]), last: key });
      return;
    }
    inner.keys.add(key);
    if (key > inner.last) inner.last = key;
  }

  #leave(key: Binary): void {
    if (this.#prefix === undefined) return;
    const prefix = this.#prefix(key);
    const inner = this.#inner.get(prefix);
    inner?.keys.delete(key);
    if (inner?.keys.size === 0) this.#inner.delete(prefix);
  }
}

function hasExpired({ expiresAtMs }: Entry, nowMs: number): boolean {
  return expiresAtMs !== undefined && expiresAtMs <= nowMs;
}
