// The keyed state of one sub-task. It lives in memory; a checkpoint writes what has changed into a part, and names it and those before it.
//
//   put, remove ──▶ changed ──snapshot(n)──▶ written for n ──complete(n)──▶ part of the chain
//                      ▲                          │
//                      └────────abort(n)──────────┘
//
// A change is forgotten only when a checkpoint with it is completed, and a delta holds all changes that are not forgotten. So a checkpoint that
// fails, at any moment and in any order, loses nothing, and its parts are never named again.
import { options as checkOptions, text, uint32, uint64 } from '../check.js';
import { InvalidError } from '../errors.js';
import type { StatePart, StreamRestored } from '../views/stream.js';
import { Backend, type StateClock } from './backend.js';
import { type Chain, newName, NO_PARTS, outweighs, partsOf } from './chain.js';
import { type Codec, coderOf } from './codec.js';
import type { KeyGroupRange } from './key-group.js';
import { ListState } from './list-state.js';
import { type MapViewOptions, MapState } from './map-state.js';
import { encodePart, entryBytes, partDigest, type PartEntry } from './part.js';
import type { PartStore } from './parts.js';
import { readChains, type Restored } from './restore.js';
import { encodeSubtaskState } from './subtask-state.js';
import type { StateStatistics } from './table.js';
import { ValueState, type ViewOptions } from './value-state.js';

/** Whose state it is, and where its parts are. */
export interface KeyedStateOptions {
  /** The operator. */
  readonly operator: string;
  /** The sub-task; 0 if left out. */
  readonly subtask?: number | undefined;
  /** Where its parts are kept. */
  readonly parts: PartStore;
  /** By what entries expire; the clock of the system if left out. */
  readonly clock?: StateClock | undefined;
  /** Most bytes that its entries may take; no bound if left out. What would exceed it is refused. */
  readonly maxBytes?: number | undefined;
}

/** What a sub-task hands over of its keyed state at a barrier: an acknowledgement, or a piece of one. */
export interface KeyedSnapshot {
  /** The operator. */
  readonly operator: string;
  /** The sub-task. */
  readonly subtask: number;
  /** What finds its state again. */
  readonly state: Uint8Array;
  /** All parts of its state. */
  readonly parts: readonly StatePart[];
}

/** How much a sub-task holds. */
export interface KeyedStatistics extends StateStatistics {
  /** The same of each state, by its name. */
  readonly states: ReadonlyMap<string, StateStatistics>;
}

/** A snapshot that waits for its checkpoint. */
interface Pending {
  readonly epoch: number;
  readonly chain: Chain;
  /** The part that was written for it alone. */
  readonly added: string | undefined;
}

type Kind = 'value' | 'list' | 'map';

/** The keyed state of one sub-task of an operator: everything that belongs to the keys of its key groups. */
export class KeyedState {
  /** The operator. */
  readonly operator: string;
  /** The sub-task. */
  readonly subtask: number;
  readonly #parts: PartStore;
  readonly #backend: Backend;
  readonly #kinds = new Map<string, Kind>();
  readonly #pending = new Map<bigint, Pending>();
  /** What the last completed checkpoint consists of; unknown if everything has to be written anew. */
  #chain: Chain | undefined;
  #lastCompleted = 0n;

  private constructor(options: KeyedStateOptions, groups: KeyGroupRange, keyGroups: number, restored: Restored) {
    const { operator, subtask, parts, clock, maxBytes } = options;
    this.operator = operator;
    this.subtask = subtask ?? 0;
    this.#parts = parts;
    this.#backend = new Backend(groups, keyGroups, clock ?? Date, maxBytes ?? Infinity);
    for (const [name, entries] of restored.entries) {
      const table = this.#backend.table(name);
      for (const entry of entries) table.load(entry);
    }
    this.#chain = restored.chain;
  }

  /**
   * The state with which a restored stream starts: what the checkpoint has of the key groups of this sub-task, whichever sub-tasks had them; empty if
   * there is no checkpoint.
   */
  static async restore(restored: StreamRestored, options: KeyedStateOptions): Promise<KeyedState> {
    const { parts } = checkOptions(options, 'the options of a keyed state');
    const operator = text(options.operator, 'the operator');
    const subtask = uint32(options.subtask ?? 0, 'the sub-task');
    const mine = restored.assignments.filter((it) => it.operator === operator);
    const assignment = mine.find((it) => it.subtask === subtask);
    if (assignment === undefined) {
      throw new InvalidError(`the stream has no sub-task ${subtask} of operator \`${operator}\`; declare it first`);
    }
    const groups: KeyGroupRange = [assignment.firstGroup, assignment.lastGroup];
    const keyGroups = Math.max(...mine.map(({ lastGroup }) => lastGroup)) + 1;
    const found = await readChains(restored.checkpoint, assignment, groups, parts);
    return new KeyedState(options, groups, keyGroups, found);
  }

  /** First and last of its key groups. */
  get groups(): KeyGroupRange {
    return this.#backend.groups;
  }

  /** Whether a key belongs to this sub-task. */
  owns<K>(key: K, codec?: Codec<K>): boolean {
    return this.#backend.owns(coderOf(codec, 'the key').encode(key));
  }

  /** One value for each key, under this name. */
  value<K, V>(name: string, options: ViewOptions<K, V> = {}): ValueState<K, V> {
    return new ValueState(this.#backend, this.#as(name, 'value'), options);
  }

  /** A list for each key, under this name. */
  list<K, V>(name: string, options: ViewOptions<K, V> = {}): ListState<K, V> {
    return new ListState(this.#backend, this.#as(name, 'list'), options);
  }

  /** A map for each key, under this name. */
  map<K, S, V>(name: string, options: MapViewOptions<K, S, V> = {}): MapState<K, S, V> {
    return new MapState(this.#backend, this.#as(name, 'map'), options);
  }

  /**
   * Writes what belongs to the barrier of a checkpoint, as it is now; what is changed while this writes is not in it. If it fails, nothing is lost: abort the
   * checkpoint, and the next one has it.
   */
  async snapshot(checkpoint: bigint | number): Promise<KeyedSnapshot> {
    const number = uint64(checkpoint, 'the checkpoint');
    const { kind, entries, before } = this.#capture();
    const epoch = this.#backend.nextEpoch();
    let chain = before;
    let added: StatePart | undefined;
    if (entries.length > 0) {
      added = await this.#write(newName(this.operator, this.subtask, number, kind), entries);
      chain = kind === 'base' ? { base: added, deltas: [] } : { ...before, deltas: [...before.deltas, added] };
    }
    this.#pending.set(number, { epoch, chain, added: added?.name });
    const names = { base: chain.base?.name, deltas: chain.deltas.map(({ name }) => name) };
    const state = encodeSubtaskState({ groups: this.groups, ...names });
    return { operator: this.operator, subtask: this.subtask, state, parts: partsOf(chain) };
  }

  /** A checkpoint is completed: what its snapshot had needs not be written again. */
  complete(checkpoint: bigint | number): void {
    const number = uint64(checkpoint, 'the checkpoint');
    const pending = this.#pending.get(number);
    for (const each of this.#pending.keys()) if (each <= number) this.#pending.delete(each);
    if (pending === undefined || number < this.#lastCompleted) return;
    this.#lastCompleted = number;
    this.#chain = pending.chain;
    this.#backend.forgetChanges(pending.epoch);
  }

  /**
   * A checkpoint will never be completed: what was written for it alone is deleted, and what it had is in the next one. Call it only when
   * that is certain; after an error that leaves it open, ask first.
   */
  async abort(checkpoint: bigint | number): Promise<void> {
    const number = uint64(checkpoint, 'the checkpoint');
    const added = this.#pending.get(number)?.added;
    this.#pending.delete(number);
    if (added !== undefined) await this.#parts.delete(added);
  }

  /** Lets the next snapshot write everything anew. Needed when the engine refuses parts because they were given up. */
  rebase(): void {
    this.#chain = undefined;
  }

  /** How much it holds. */
  statistics(): KeyedStatistics {
    const states = new Map([...this.#backend.tables].map(([name, table]) => [name, table.statistics] as const));
    const sum = (field: keyof StateStatistics) => [...states.values()].reduce((total, it) => total + it[field], 0);
    return { entries: sum('entries'), bytes: sum('bytes'), dirty: sum('dirty'), expired: sum('expired'), states };
  }

  /** A name stands for one kind of state. */
  #as(name: string, kind: Kind): string {
    const present = this.#kinds.get(name);
    if (present !== undefined && present !== kind) {
      throw new InvalidError(`the state \`${name}\` is a ${present} and no ${kind}; take another name`);
    }
    this.#kinds.set(name, kind);
    return name;
  }

  /** What the next part holds. Nothing may be waited for here. */
  #capture(): { kind: 'base' | 'delta'; entries: PartEntry[]; before: Chain } {
    const chain = this.#chain;
    if (chain !== undefined) {
      const entries = this.#backend.changes();
      if (entries.length === 0) return { kind: 'delta', entries, before: chain };
      const bytes = entries.reduce((sum, it) => sum + entryBytes(it.name, it.key, it.value, it.expiresAtMs), 0);
      if (!outweighs(chain, bytes)) return { kind: 'delta', entries, before: chain };
    }
    return { kind: 'base', entries: this.#backend.everything(), before: NO_PARTS };
  }

  async #write(name: string, entries: PartEntry[]): Promise<StatePart> {
    const bytes = encodePart(entries);
    await this.#parts.put(name, bytes);
    return { name, sizeBytes: BigInt(bytes.length), digest: partDigest(bytes) };
  }
}
