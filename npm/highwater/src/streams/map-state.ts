import type { Backend, Write } from './backend.js';
import type { Binary } from './binary.js';
import { type Codec, type Coder, coderOf } from './codec.js';
import { prefixIn, prefixOf, userKeyIn } from './inner-key.js';
import type { Table } from './table.js';
import type { ViewOptions } from './value-state.js';

/** How the keys, the keys within and the values of a map become bytes; JSON if left out. */
export interface MapViewOptions<K, S, V> extends ViewOptions<K, V> {
  /** Of keys within the map of a key. */
  readonly subKey?: Codec<S> | undefined;
}

/** A map for each key. What is changed in it costs what is changed, however large the map is. */
export class MapState<K, S, V> {
  readonly #backend: Backend;
  readonly #table: Table;
  readonly #key: Coder<K>;
  readonly #subKey: Coder<S>;
  readonly #value: Coder<V>;

  /** @internal */
  constructor(backend: Backend, name: string, options: MapViewOptions<K, S, V>) {
    this.#backend = backend;
    this.#table = backend.table(name);
    this.#table.index(prefixIn);
    this.#key = coderOf(options.key, `a key of \`${name}\``);
    this.#subKey = coderOf(options.subKey, `a key in a map of \`${name}\``);
    this.#value = coderOf(options.value, `a value of \`${name}\``);
  }

  /** What the map of a key has under another key. */
  get(key: K, subKey: S): V | undefined {
    const prefix = prefixOf(this.#key.encode(key));
    const entry = this.#backend.read(this.#table, prefix + this.#subKey.encode(subKey));
    return entry && this.#value.decode(entry.value);
  }

  /** Whether the map of a key has something under another key. */
  contains(key: K, subKey: S): boolean {
    const prefix = prefixOf(this.#key.encode(key));
    return this.#backend.read(this.#table, prefix + this.#subKey.encode(subKey)) !== undefined;
  }

  /** Puts a value into the map of a key. */
  put(key: K, subKey: S, value: V): void {
    this.#write(key, subKey, this.#value.encode(value), undefined);
  }

  /** Puts a value into the map of a key for so many milliseconds. */
  putWithTtl(key: K, subKey: S, value: V, ttlMs: number | bigint): void {
    this.#write(key, subKey, this.#value.encode(value), this.#backend.expiry(ttlMs));
  }

  /** Takes one value out of the map of a key. */
  remove(key: K, subKey: S): void {
    this.#write(key, subKey, undefined, undefined);
  }

  /** The whole map of a key, in the order of its encoded keys; empty if there is none. */
  entries(key: K): [subKey: S, value: V][] {
    return this.#inside(prefixOf(this.#key.encode(key)));
  }

  /** All keys that have a map, in no order. */
  *keys(): Generator<K, void, undefined> {
    for (const prefix of this.#table.prefixes()) {
      const isThere = this.#table.keysUnder(prefix).some((key) => this.#backend.read(this.#table, key) !== undefined);
      if (isThere) yield this.#key.decode(userKeyIn(prefix));
    }
  }

  /** Takes the map of a key away. */
  removeMap(of: K): void {
    const prefix = prefixOf(this.#key.encode(of));
    this.#backend.forget(this.#table, this.#table.keysUnder(prefix));
  }

  /** Takes all maps away. */
  clear(): void {
    this.#backend.forget(this.#table, this.#table.keys());
  }

  #inside(prefix: Binary): [S, V][] {
    const inside: [S, V][] = [];
    for (const key of this.#table.keysUnder(prefix).sort()) {
      const entry = this.#backend.read(this.#table, key);
      if (entry === undefined) continue;
      inside.push([this.#subKey.decode(key.slice(prefix.length)), this.#value.decode(entry.value)]);
    }
    return inside;
  }

  #write(of: K, subKey: S, value: Binary | undefined, expiresAtMs: bigint | undefined): void {
    const key = this.#key.encode(of);
    const write: Write = {
      group: this.#backend.group(key),
      key: prefixOf(key) + this.#subKey.encode(subKey),
      value,
      expiresAtMs,
    };
    this.#backend.write(this.#table, [write]);
  }
}
