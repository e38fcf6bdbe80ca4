import assert from 'node:assert/strict';
import type { Store, StoredJournal, StoredReset, StoredRetained, VersionedBytes } from '../../dist/index.js';
import { StoreError } from '../../dist/index.js';
import { type Case, type Step, textOf } from './cases.js';
import { recordFrame, snapshotFrame } from './frames.js';

/** Opens another store on the place of the case. */
export type OpenStore = () => Store | Promise<Store>;

/** What the runner knows to be there. */
class Known {
  readonly records = new Map<bigint, Uint8Array>();
  readonly snapshots = new Map<bigint, Uint8Array>();

  frame(version: bigint, writer = 1, size = 10): Uint8Array {
    return recordFrame(version, writer, size, this.records.get(version - 1n));
  }

  startWith(version: bigint, frame: Uint8Array): void {
    this.records.clear();
    this.snapshots.clear();
    this.snapshots.set(version, frame);
  }

  check(records: readonly VersionedBytes[]): [number, number] | null {
    for (const [index, { version, bytes }] of records.entries()) {
      assert.equal(version, records[0]!.version + BigInt(index), 'a tail has a gap');
      const expected = this.records.get(version);
      assert.ok(expected !== undefined && Buffer.compare(bytes, expected) === 0, `version ${version} has other bytes`);
    }
    return records.length === 0 ? null : [Number(records[0]!.version), Number(records.at(-1)!.version)];
  }
}

/** Runs one case. */
export async function runCase({ steps }: Case, open: OpenStore): Promise<void> {
  let stores: Store[] = [];
  const known = new Map<string, Known>();
  const store = async (number: number): Promise<Store> => (stores[number] ??= await open());
  const of = (key: string): Known => known.get(key) ?? known.set(key, new Known()).get(key)!;
  try {
    for (const [index, step] of steps.entries()) {
      try {
        if (step.do === 'reopen') {
          await Promise.all(stores.map((each) => each?.close()));
          stores = [];
        } else {
          const key = textOf(step.key);
          await runStep(step, key, await store(step.store ?? 0), of(key), open);
        }
      } catch (error) {
        throw new Error(`step ${index + 1} (${JSON.stringify(step, shorten)}): ${(error as Error).message}`, {
          cause: error,
        });
      }
    }
  } finally {
    await Promise.all(stores.map((each) => each?.close()));
  }
}

function shorten(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'string' && value.length > 60 ? `${value.slice(0, 60)}…` : value;
}

async function runStep(step: Step, key: string, store: Store, known: Known, open: OpenStore): Promise<void> {
  switch (step.do) {
    case 'append': {
      const frame = known.frame(step.version!, step.writer, step.size);
      const outcome = await orUnsupported(store.append(key, step.version!, frame));
      assert.equal(outcome, step.expect);
      if (outcome === 'appended') known.records.set(step.version!, frame);
      return;
    }
    case 'fill':
      for (let version = step.from!; version <= step.to!; version += 1n) {
        const frame = known.frame(version, step.writer, step.size);
        assert.equal(await store.append(key, version, frame), 'appended');
        known.records.set(version, frame);
      }
      return;
    case 'read':
      assert.deepEqual(checkJournal(await store.read(key), known), step.expect);
      return;
    case 'read_from':
      return readFrom(step, await store.readFrom(key, step.version!), known);
    case 'put_snapshot': {
      const frame = snapshotFrame(step.version!, step.size ?? 20, known.records.get(step.version!));
      const outcome = await orUnsupported(store.putSnapshot(key, step.version!, frame).then(() => 'stored'));
      assert.equal(outcome, step.expect);
      if (outcome === 'stored') known.snapshots.set(step.version!, frame);
      return;
    }
    case 'trim':
      return store.trim(key, step.up_to!);
    case 'list':
      assert.deepEqual(await listAll(store, step), (step.expect as Step['key'][]).map(textOf));
      return;
    case 'list_count': {
      const keys = await listAll(store, step);
      assert.deepEqual(
        keys,
        [...new Set(keys)].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))),
      );
      assert.equal(keys.length, step.expect);
      return;
    }
    case 'beat': {
      const bytes = Buffer.from(textOf(step.text));
      assert.equal(await orUnsupported(store.beat(key, textOf(step.worker), bytes).then(() => 'stored')), step.expect);
      return;
    }
    case 'beats': {
      const beats = (await store.beats(key)).map(({ worker, bytes }) => [worker, Buffer.from(bytes).toString()]);
      assert.deepEqual(
        beats,
        (step.expect as [Step['key'], Step['key']][]).map((pair) => pair.map(textOf)),
      );
      return;
    }
    case 'refused':
      return refused(store, key);
    case 'read_all':
      return readAll(step, await store.readAll(key), known);
    case 'reset': {
      const frame = snapshotFrame(step.version!, step.size ?? 20);
      const outcome = await orUnsupported(store.reset(key, step.version!, frame));
      if (outcome !== 'unsupported' && outcome.kind === 'done') known.startWith(step.version!, frame);
      assert.equal(outcome === 'unsupported' ? outcome : wordOf(outcome), step.expect);
      return;
    }
    case 'put_backup': {
      const put = store.putBackup(key, textOf(step.name), Buffer.from(textOf(step.text)));
      assert.equal(await orUnsupported(put.then(() => 'stored')), step.expect);
      return;
    }
    case 'backups': {
      const backups = (await store.backups(key)).map(({ name, sizeBytes }) => [name, Number(sizeBytes)]);
      assert.deepEqual(
        backups,
        (step.expect as [Step['key'], number][]).map(([name, size]) => [textOf(name), size]),
      );
      return;
    }
    case 'read_backup': {
      const bytes = await store.readBackup(key, textOf(step.name));
      const expected = step.expect === null ? undefined : textOf(step.expect as Step['key']);
      assert.equal(bytes && Buffer.from(bytes).toString(), expected);
      return;
    }
    case 'delete_backup': {
      const deleted = store.deleteBackup(key, textOf(step.name));
      assert.equal(await orUnsupported(deleted.then(() => 'stored')), step.expect);
      return;
    }
    case 'race_reset':
      return raceReset(step, key, known, open);
    case 'race':
      return race(step, key, store, known, open);
    case 'read_while_appending':
      return readWhileAppending(step, key, store, known, open);
    default:
      throw new Error(`there is no step ${step.do}`);
  }
}

function checkJournal({ snapshot, tail, damage }: StoredJournal, known: Known): unknown {
  assert.deepEqual(damage, []);
  if (snapshot !== undefined) {
    const expected = known.snapshots.get(snapshot.version);
    assert.ok(expected !== undefined && Buffer.compare(snapshot.bytes, expected) === 0, 'the snapshot has other bytes');
    if (tail.length > 0) assert.equal(tail[0]!.version, snapshot.version + 1n);
  }
  return { snapshot: snapshot === undefined ? null : Number(snapshot.version), tail: known.check(tail) };
}

function readFrom(step: Step, tail: Awaited<ReturnType<Store['readFrom']>>, known: Known): void {
  const expected = step.expect as { records?: unknown; trimmed_or?: [number, number] };
  if (tail.kind === 'trimmed') {
    assert.ok(expected.trimmed_or !== undefined, `trimmed, the floor is ${tail.floor}`);
    assert.ok(
      tail.floor > step.version! && tail.floor <= BigInt(expected.trimmed_or[1]) + 1n,
      `the floor is ${tail.floor}`,
    );
    return;
  }
  assert.deepEqual(tail.damage, []);
  assert.deepEqual(known.check(tail.records), expected.trimmed_or ?? expected.records);
}

function wordOf(outcome: StoredReset): string {
  if (outcome.kind === 'taken') return 'taken';
  return outcome.setAside === undefined ? 'new' : 'set_aside';
}

function readAll(step: Step, { snapshots, records, lastVersion, damage }: StoredRetained, known: Known): void {
  const expected = step.expect as { snapshot: number | null; records: [number, number] | null; last: number };
  assert.deepEqual(damage, []);
  assert.equal(Number(lastVersion), expected.last);
  assert.equal(snapshots.length === 0 ? null : Number(snapshots.at(-1)!.version), expected.snapshot);
  for (const { version, bytes } of snapshots)
    assert.deepEqual(Buffer.from(bytes), Buffer.from(known.snapshots.get(version)!));
  const found = known.check(records);
  assert.equal(found?.[1], expected.records?.[1]);
  // Trimming is a permission, so there may be more than the case says.
  assert.ok(expected.records === null || found![0] <= expected.records[0], `the records begin with ${found?.[0]}`);
}

/** Lets writers and those who start anew try for one version, and checks that exactly one has it. */
async function raceReset(step: Step, key: string, known: Known, open: OpenStore): Promise<void> {
  const version = step.version!;
  const stores: Store[] = [];
  const opened = async (): Promise<Store> => {
    const store = await open();
    stores.push(store);
    // It has the old journal open when the race begins.
    await store.read(key);
    return store;
  };
  try {
    const writers = await Promise.all(Array.from({ length: step.writers! }, opened));
    const resets = await Promise.all(Array.from({ length: step.resets! }, opened));
    const keepers = await Promise.all(Array.from({ length: step.backups ?? 0 }, opened));
    const keep = async (store: Store) => {
      await store.putBackup(key, 'raced', Buffer.from('the same'));
      assert.equal(await orUnsupported(store.putBackup(key, 'raced', Buffer.from('another'))), 'unsupported');
    };
    const frames = [
      ...writers.map((_, index) => known.frame(version, index + 1)),
      ...resets.map((_, index) => snapshotFrame(version, index + 1)),
    ];
    const [outcomes] = await Promise.all([
      Promise.all([
        ...writers.map(async (store, index) => (await store.append(key, version, frames[index]!)) === 'appended'),
        ...resets.map(async (store, index) => {
          return (await store.reset(key, version, frames[writers.length + index]!)).kind === 'done';
        }),
      ]),
      Promise.all(keepers.map(keep)),
    ]);
    assert.equal(outcomes.filter(Boolean).length, 1, `version ${version} was acknowledged to nobody, or to several`);
    const winner = outcomes.indexOf(true);
    if (winner < writers.length) known.records.set(version, frames[winner]!);
    else known.startWith(version, frames[winner]!);
    const reader = await opened();
    const expected =
      winner < writers.length
        ? { snapshot: null, tail: [1, Number(version)] }
        : { snapshot: Number(version), tail: null };
    assert.deepEqual(checkJournal(await reader.read(key), known), expected);
  } finally {
    await Promise.all(stores.map((store) => store.close()));
  }
}

async function orUnsupported<T>(work: Promise<T>): Promise<T | 'unsupported'> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StoreError && error.failure === 'unsupported') return 'unsupported';
    throw error;
  }
}

async function refused(store: Store, key: string): Promise<void> {
  const record = recordFrame(1n, 1, 10);
  const calls: (() => Promise<unknown>)[] = [
    () => store.read(key),
    () => store.readFrom(key, 1n),
    () => store.append(key, 1n, record),
    () => store.putSnapshot(key, 1n, snapshotFrame(1n, 10, record)),
    () => store.trim(key, 1n),
    () => store.beat(key, 'w', Buffer.from('1')),
    () => store.beats(key),
    () => store.readAll(key),
    () => store.reset(key, 1n, snapshotFrame(1n, 10)),
    () => store.putBackup(key, 'b', Buffer.from('1')),
    () => store.backups(key),
    () => store.readBackup(key, 'b'),
    () => store.deleteBackup(key, 'b'),
  ];
  for (const call of calls) assert.equal(await orUnsupported(call()), 'unsupported', `${call} is not refused`);
}

async function listAll(store: Store, step: Step): Promise<string[]> {
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list(textOf(step.prefix), cursor, step.limit ?? 1_000);
    assert.ok(page.keys.length <= Math.max(step.limit ?? 1_000, 1), 'a page is too long');
    assert.ok(page.next === undefined || page.keys.length > 0, 'an empty page has a next one');
    keys.push(...page.keys);
    cursor = page.next;
  } while (cursor !== undefined);
  return keys;
}

async function race(step: Step, key: string, shared: Store, known: Known, open: OpenStore): Promise<void> {
  const won = new Map<bigint, Uint8Array>();
  const writers = Array.from({ length: step.writers! }, async (_, index) => {
    const store = step.shared === true ? shared : await open();
    try {
      for (;;) {
        const { tail, snapshot } = await store.read(key);
        const last = tail.at(-1) ?? snapshot;
        const version = (last?.version ?? 0n) + 1n;
        if (version > step.to!) return;
        const frame = recordFrame(version, index + 1, step.size ?? 10, last?.bytes);
        if ((await store.append(key, version, frame)) !== 'appended') continue;
        assert.ok(!won.has(version), `version ${version} was won twice`);
        won.set(version, frame);
      }
    } finally {
      if (step.shared !== true) await store.close();
    }
  });
  await Promise.all(writers);
  for (const [version, frame] of won) known.records.set(version, frame);
  const { tail } = await shared.read(key);
  assert.deepEqual(known.check(tail), [1, Number(step.to)]);
}

async function readWhileAppending(step: Step, key: string, store: Store, known: Known, open: OpenStore): Promise<void> {
  let isDone = false;
  const readers = Array.from({ length: step.readers! }, async () => {
    const reader = await open();
    try {
      let before: readonly VersionedBytes[] = [];
      while (!isDone || before.length < Number(step.to)) {
        const { tail, damage } = await reader.read(key);
        assert.deepEqual(damage, []);
        assert.ok(tail.length >= before.length, 'a read has less than the one before');
        for (const [index, { version, bytes }] of tail.entries()) {
          assert.equal(version, BigInt(index + 1));
          if (index < before.length) assert.equal(Buffer.compare(bytes, before[index]!.bytes), 0);
        }
        before = tail;
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.deepEqual(known.check(before), [1, Number(step.to)]);
    } finally {
      await reader.close();
    }
  });
  const writer = async () => {
    for (let version = 1n; version <= step.to!; version += 1n) {
      const frame = known.frame(version, 1, step.size);
      assert.equal(await store.append(key, version, frame), 'appended');
      known.records.set(version, frame);
    }
    isDone = true;
  };
  await Promise.all([writer(), ...readers]);
}
