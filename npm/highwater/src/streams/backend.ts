// What the views of a sub-task's keyed state share: its tables, its key groups, its clock, and its one way of writing.
import { describe, text, uint64 } from '../check.js';
import { InvalidError } from '../errors.js';
import { type Binary, utf8 } from './binary.js';
import { groupOf, type KeyGroupRange } from './key-group.js';
import { KEY_BYTES, NAME_BYTES, VALUE_BYTES } from './limits.js';
import type { PartEntry } from './part.js';
import { type Entry, Table } from './table.js';

const LATEST = 2n ** 63n - 1n;

/** The time that entries expire by. */
export interface StateClock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

/** What becomes of a key. */
export interface Write {
  readonly group: number;
  readonly key: Binary;
  /** None removes it. */
  readonly value: Binary | undefined;
  readonly expiresAtMs?: bigint | undefined;
}

/** @internal */
export class Backend {
  readonly groups: KeyGroupRange;
  readonly #keyGroups: number;
  readonly #clock: StateClock;
  readonly #maxBytes: number;
  readonly #tables = new Map<string, Table>();
  /** Snapshots that were made. */
  #epoch = 0;

  constructor(groups: KeyGroupRange, keyGroups: number, clock: StateClock, maxBytes: number) {
    this.groups = groups;
    this.#keyGroups = keyGroups;
    this.#clock = clock;
    this.#maxBytes = maxBytes;
  }

  get tables(): ReadonlyMap<string, Table> {
    return this.#tables;
  }

  get bytes(): number {
    let bytes = 0;
    for (const table of this.#tables.values()) bytes += table.bytes;
    return bytes;
  }

  /** The table of a state, which is made if there is none. */
  table(name: string): Table {
    const present = this.#tables.get(name);
    if (present !== undefined) return present;
    const encoded = utf8(text(name, 'the name of the state'));
    if (encoded === '' || encoded.length > NAME_BYTES) {
      throw new InvalidError(`the name of the state has ${encoded.length} bytes; it must have 1 to ${NAME_BYTES}`);
    }
    const table = new Table(encoded);
    this.#tables.set(name, table);
    return table;
  }

  /** The group of an encoded key of the user, which must be one of ours. */
  group(key: Binary): number {
    const group = groupOf(key, this.#keyGroups);
    const [first, last] = this.groups;
    if (group >= first && group <= last) return group;
    throw new InvalidError(
      `a key is in key group ${group}, and this sub-task has ${first} to ${last}; send its record to the sub-task that ` +
        'has its group (`keyGroup`, `keyGroupRange`)',
    );
  }

  /** Whether an encoded key of the user is in one of our groups. */
  owns(key: Binary): boolean {
    const group = groupOf(key, this.#keyGroups);
    return group >= this.groups[0] && group <= this.groups[1];
  }

  now(): number {
    return this.#clock.now();
  }

  /** When something expires that lives for so long from now. */
  expiry(ttlMs: number | bigint): bigint {
    const ttl = uint64(ttlMs, 'the time to live');
    if (ttl === 0n) throw new InvalidError('the time to live is 0 ms; choose 1 or more, or remove the key');
    const at = BigInt(Math.floor(this.now())) + ttl;
    return at > LATEST ? LATEST : at;
  }

  /** What a key has. */
  read(table: Table, key: Binary): Entry | undefined {
    return table.live(key, this.now(), this.#epoch);
  }

  /** Does all of it, or none. Each key may be there once. */
  write(table: Table, writes: readonly Write[]): void {
    let growth = 0;
    for (const { key, value, expiresAtMs } of writes) {
      if (value === undefined) continue;
      checkSize('the key', key, KEY_BYTES);
      checkSize('the value', value, VALUE_BYTES);
      growth += table.growth(key, value, expiresAtMs);
    }
    if (growth > 0 && this.#maxBytes < Infinity && this.bytes + growth > this.#maxBytes) {
      throw new InvalidError(
        `the state has ${this.bytes} bytes and would grow by ${growth}; at most ${this.#maxBytes} are allowed (\`maxBytes\`)`,
      );
    }
    for (const { group, key, value, expiresAtMs } of writes) {
      if (value === undefined) table.remove(key, this.#epoch);
      else table.put(key, { group, value, expiresAtMs }, this.#epoch);
    }
  }

  /** Takes these keys away, of whatever group they are. */
  forget(table: Table, keys: readonly Binary[]): void {
    this.write(
      table,
      keys.map((key) => ({ group: 0, key, value: undefined })),
    );
  }

  /** Ends an epoch: what is written from now on is not in its snapshot. */
  nextEpoch(): number {
    this.#epoch += 1;
    return this.#epoch - 1;
  }

  /** What has changed since the last completed checkpoint. */
  changes(): PartEntry[] {
    const now = this.now();
    return [...this.#tables.values()].flatMap((table) => [...table.changes(now)]);
  }

  /** Everything, after what has expired is dropped. */
  everything(): PartEntry[] {
    const now = this.now();
    return [...this.#tables.values()].flatMap((table) => {
      table.compact(now, this.#epoch);
      return [...table.entries()];
    });
  }

  /** Changes up to this epoch are in a completed checkpoint. */
  forgetChanges(epoch: number): void {
    for (const table of this.#tables.values()) table.forgetChanges(epoch);
  }
}

function checkSize(what: string, bytes: Binary, most: number): void {
  if (bytes.length <= most) return;
  throw new InvalidError(`${what} ${describe(bytes)} has ${bytes.length} bytes encoded; at most ${most} are allowed`);
}
