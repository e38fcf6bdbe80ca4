import type { Backend, Write } from './backend.js';
import type { Binary } from './binary.js';
import { type Coder, coderOf } from './codec.js';
import { indexKey, nextIndex, prefixIn, prefixOf, userKeyIn } from './inner-key.js';
import type { Table } from './table.js';
import type { ViewOptions } from './value-state.js';

/** A list for each key. What is appended costs what is appended, however long the list is. */
export class ListState<K, V> {
  readonly #backend: Backend;
  readonly #table: Table;
  readonly #key: Coder<K>;
  readonly #value: Coder<V>;

  /** @internal */
  constructor(backend: Backend, name: string, options: ViewOptions<K, V>) {
    this.#backend = backend;
    this.#table = backend.table(name);
    this.#table.index(prefixIn);
    this.#key = coderOf(options.key, `a key of \`${name}\``);
    this.#value = coderOf(options.value, `an item of \`${name}\``);
  }

  /** The list of a key; empty if there is none. */
  get(key: K): V[] {
    return this.#items(prefixOf(this.#key.encode(key)));
  }

  /** Adds items at the end. */
  append(key: K, ...items: readonly V[]): void {
    this.#append(key, items, undefined);
  }

  /** Adds an item at the end for so many milliseconds. */
  appendWithTtl(key: K, item: V, ttlMs: number | bigint): void {
    this.#append(key, [item], this.#backend.expiry(ttlMs));
  }

  /** Gives a key this list in place of the one that it has. */
  replace(key: K, items: Iterable<V>): void {
    const { group, prefix } = this.#place(key);
    const writes = new Map<Binary, Write>();
    for (const key of this.#table.keysUnder(prefix)) writes.set(key, { group, key, value: undefined });
    let index = 0n;
    for (const item of items) {
      const key = prefix + indexKey(index);
      writes.set(key, { group, key, value: this.#value.encode(item) });
      index += 1n;
    }
    this.#backend.write(this.#table, [...writes.values()]);
  }

  /** Takes the list of a key away. */
  remove(key: K): void {
    this.replace(key, []);
  }

  /** Takes all lists away. */
  clear(): void {
    this.#backend.forget(this.#table, this.#table.keys());
  }

  /** All keys with their lists, in no order of keys. */
  *entries(): Generator<[key: K, items: V[]], void, undefined> {
    for (const prefix of this.#table.prefixes()) {
      const items = this.#items(prefix);
      if (items.length > 0) yield [this.#key.decode(userKeyIn(prefix)), items];
    }
  }

  #items(prefix: Binary): V[] {
    const entries = this.#table
      .keysUnder(prefix)
      .sort()
      .map((key) => this.#backend.read(this.#table, key));
    return entries.flatMap((entry) => (entry === undefined ? [] : [this.#value.decode(entry.value)]));
  }

  #append(key: K, items: readonly V[], expiresAtMs: bigint | undefined): void {
    const { group, prefix } = this.#place(key);
    const first = nextIndex(this.#table.lastUnder(prefix), prefix);
    const writes = items.map((item, at) => {
      const value = this.#value.encode(item);
      return { group, key: prefix + indexKey(first + BigInt(at)), value, expiresAtMs };
    });
    this.#backend.write(this.#table, writes);
  }

  #place(of: K): { group: number; prefix: Binary } {
    const key = this.#key.encode(of);
    return { group: this.#backend.group(key), prefix: prefixOf(key) };
  }
}
