import type { Backend, Write } from './backend.js';
import type { Binary } from './binary.js';
import { type Codec, type Coder, coderOf } from './codec.js';
import type { Table } from './table.js';

/** How the keys and values of a view become bytes; JSON if left out. */
export interface ViewOptions<K, V> {
  /** Of keys. */
  readonly key?: Codec<K> | undefined;
  /** Of values. */
  readonly value?: Codec<V> | undefined;
}

/** One value for each key. */
export class ValueState<K, V> {
  readonly #backend: Backend;
  readonly #table: Table;
  readonly #key: Coder<K>;
  readonly #value: Coder<V>;

  /** @internal */
  constructor(backend: Backend, name: string, options: ViewOptions<K, V>) {
    this.#backend = backend;
    this.#table = backend.table(name);
    this.#key = coderOf(options.key, `a key of \`${name}\``);
    this.#value = coderOf(options.value, `a value of \`${name}\``);
  }

  /** The value of a key; nothing if there is none, or if it has expired. */
  get(key: K): V | undefined {
    const entry = this.#backend.read(this.#table, this.#key.encode(key));
    return entry && this.#value.decode(entry.value);
  }

  /** Whether a key has a value. */
  contains(key: K): boolean {
    return this.#backend.read(this.#table, this.#key.encode(key)) !== undefined;
  }

  /** Gives a key a value. It lives until it is removed, also if the one before would have expired. */
  put(key: K, value: V): void {
    this.batch().put(key, value).commit();
  }

  /** Gives a key a value for so many milliseconds. */
  putWithTtl(key: K, value: V, ttlMs: number | bigint): void {
    this.batch().putWithTtl(key, value, ttlMs).commit();
  }

  /** Takes the value of a key away. */
  remove(key: K): void {
    this.batch().remove(key).commit();
  }

  /** Takes all values away. */
  clear(): void {
    this.#backend.forget(this.#table, this.#table.keys());
  }

  /** All keys with their values, in no order. What is changed meanwhile may be there or not. */
  *entries(): Generator<[key: K, value: V], void, undefined> {
    for (const key of this.#table.keys()) {
      const entry = this.#backend.read(this.#table, key);
      if (entry !== undefined) yield [this.#key.decode(key), this.#value.decode(entry.value)];
    }
  }

  /** Begins changes that are done together, when they are committed. */
  batch(): ValueBatch<K, V> {
    return new ValueBatch(this.#backend, this.#table, this.#key, this.#value);
  }
}

/** Changes that are done all or not at all. Until {@link ValueBatch.commit} nobody sees them. */
export class ValueBatch<K, V> {
  readonly #backend: Backend;
  readonly #table: Table;
  readonly #key: Coder<K>;
  readonly #value: Coder<V>;
  readonly #writes = new Map<Binary, Write>();

  /** @internal */
  constructor(backend: Backend, table: Table, key: Coder<K>, value: Coder<V>) {
    this.#backend = backend;
    this.#table = table;
    this.#key = key;
    this.#value = value;
  }

  /** See {@link ValueState.put}. */
  put(key: K, value: V): this {
    return this.#set(key, this.#value.encode(value), undefined);
  }

  /** See {@link ValueState.putWithTtl}. */
  putWithTtl(key: K, value: V, ttlMs: number | bigint): this {
    return this.#set(key, this.#value.encode(value), this.#backend.expiry(ttlMs));
  }

  /** See {@link ValueState.remove}. */
  remove(key: K): this {
    return this.#set(key, undefined, undefined);
  }

  /** Does them. If one is refused, none is done. After that the batch is empty. */
  commit(): void {
    this.#backend.write(this.#table, [...this.#writes.values()]);
    this.#writes.clear();
  }

  #set(of: K, value: Binary | undefined, expiresAtMs: bigint | undefined): this {
    const key = this.#key.encode(of);
    this.#writes.set(key, { group: this.#backend.group(key), key, value, expiresAtMs });
    return this;
  }
}
