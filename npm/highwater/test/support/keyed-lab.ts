import assert from 'node:assert/strict';
import { type Highwater, open, type Stream, type StreamRestored } from '../../dist/index.js';
import {
  KeyedState,
  type KeyedStateOptions,
  keyGroup,
  keyGroupRange,
  MemoryParts,
  type PartStore,
  reclaim,
} from '../../dist/streams/index.js';

const GROUPS = 128;

/** Counts what is written, and fails when it is told to. */
export class WatchedParts implements PartStore {
  /** Bytes that were written. */
  written = 0;
  /** The next so many writes fail. */
  failures = 0;
  readonly #parts: PartStore;

  constructor(parts: PartStore) {
    this.#parts = parts;
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error('the store of parts is away');
    }
    await this.#parts.put(name, bytes);
    this.written += bytes.length;
  }

  get(name: string): Promise<Uint8Array | undefined> {
    return this.#parts.get(name);
  }

  delete(name: string): Promise<void> {
    return this.#parts.delete(name);
  }
}

/** An operator `count` whose sub-tasks are all here, with a real stream behind it and a clock that only tests move. */
export class KeyedLab {
  readonly clock = { time: 1_000, now: (): number => this.clock.time };
  readonly parts: WatchedParts;
  readonly stream: Stream;
  readonly hw: Highwater;
  subtasks: KeyedState[] = [];

  private constructor(hw: Highwater, parts: PartStore) {
    this.hw = hw;
    this.stream = hw.pipeline('dev/keyed').stream();
    this.parts = new WatchedParts(parts);
  }

  static async open(parallelism = 1, parts: PartStore = new MemoryParts(), store = 'memory:'): Promise<KeyedLab> {
    const lab = new KeyedLab(await open(store), parts);
    await lab.start(parallelism);
    return lab;
  }

  /** Starts from the latest checkpoint, as after a crash: what is in memory is lost. */
  async start(parallelism = this.subtasks.length): Promise<void> {
    await this.stream.declare({ operators: { count: parallelism }, policy: { intervalMs: 0, retain: 2 } });
    const restored = await this.stream.restore();
    const numbers = Array.from({ length: parallelism }, (_, subtask) => subtask);
    this.subtasks = await Promise.all(numbers.map((subtask) => this.restore(restored, { subtask })));
  }

  /** A sub-task that begins here. */
  async restore(from: StreamRestored, options: Partial<KeyedStateOptions> = {}): Promise<KeyedState> {
    return KeyedState.restore(from, { operator: 'count', parts: this.parts, clock: this.clock, ...options });
  }

  /** The only sub-task. */
  get state(): KeyedState {
    assert.equal(this.subtasks.length, 1);
    return this.subtasks[0]!;
  }

  /** The sub-task that has a key. */
  of(key: unknown): KeyedState {
    const group = keyGroup(Buffer.from(JSON.stringify(key)), GROUPS);
    const has = (subtask: number) => {
      const [first, last] = keyGroupRange(subtask, this.subtasks.length, GROUPS);
      return group >= first && group <= last;
    };
    return this.subtasks.find((state, subtask) => has(subtask) && state.owns(key))!;
  }

  async trigger(): Promise<bigint> {
    const begun = await this.stream.trigger();
    assert.ok(begun.kind === 'triggered');
    return begun.checkpoint;
  }

  /** A whole checkpoint, and how many bytes of parts it wrote. */
  async checkpoint(): Promise<number> {
    const before = this.parts.written;
    const checkpoint = await this.trigger();
    const snapshots = await Promise.all(this.subtasks.map((state) => state.snapshot(checkpoint)));
    assert.equal((await this.stream.acknowledge(checkpoint, snapshots)).status, 'completed');
    for (const state of this.subtasks) state.complete(checkpoint);
    return this.parts.written - before;
  }

  /** One that fails before it is acknowledged, or after. */
  async failedCheckpoint(isAcknowledged: boolean): Promise<void> {
    const checkpoint = await this.trigger();
    const tried = await Promise.allSettled(this.subtasks.map((state) => state.snapshot(checkpoint)));
    const snapshots = tried.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []));
    // The last one is missing, so that it is never completed.
    if (isAcknowledged && snapshots.length > 1) await this.stream.acknowledge(checkpoint, snapshots.slice(0, -1));
    await this.stream.abort(checkpoint, 'a test');
    for (const state of this.subtasks) await state.abort(checkpoint);
  }

  /** Deletes what nothing needs. */
  async reclaim(): Promise<void> {
    await reclaim(this.stream, this.parts);
  }
}
