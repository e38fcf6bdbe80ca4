// Every file operation of a workload fails once, in every way: nothing acknowledged is lost, nothing half is read, and the
// store works on afterwards.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FileStore, StoreError } from '../dist/index.js';
import { Faults, type Kind } from './support/faults.js';
import { TemporaryFolder } from './support/folder.js';
import { recordFrame, snapshotFrame } from './support/frames.js';

const KEY = 'dev/orders';
const RECORDS = 14n;
const SEGMENT_BYTES = 400;

/** What an engine does: appends, and after an error reads back what became of it. */
class Writer {
  readonly frames: Uint8Array[] = [];
  readonly #store: FileStore;

  constructor(store: FileStore) {
    this.#store = store;
  }

  async append(): Promise<void> {
    const version = BigInt(this.frames.length + 1);
    const frame = recordFrame(version, 1, 30, this.frames.at(-1));
    for (let tries = 0; ; tries += 1) {
      assert.ok(tries < 4, 'one fault must not fail many appends');
      const outcome = await orFailure(() => this.#store.append(KEY, version, frame));
      if (outcome === 'appended') break;
      const isThere = await this.isThere(version, frame);
      assert.ok(!(isThere && outcome === 'unavailable'), 'it was said that it did not happen, and it did');
      assert.ok(outcome !== 'taken' || isThere, 'nobody else writes here');
      if (isThere) break;
    }
    this.frames.push(frame);
  }

  async isThere(version: bigint, frame: Uint8Array): Promise<boolean> {
    for (let tries = 0; ; tries += 1) {
      assert.ok(tries < 4, 'one fault must not fail many reads');
      const found = await orFailure(() => this.#store.readFrom(KEY, version));
      if (typeof found === 'string') continue;
      assert.ok(found.kind === 'records');
      return found.records.some((each) => each.version === version && Buffer.compare(each.bytes, frame) === 0);
    }
  }
}

async function orFailure<T>(work: () => Promise<T>): Promise<T | string> {
  try {
    return await work();
  } catch (error) {
    assert.ok(error instanceof StoreError, `${(error as Error).stack}`);
    assert.notEqual(error.failure, 'corrupt', error.message);
    assert.notEqual(error.failure, 'unsupported', error.message);
    return error.failure;
  }
}

async function repeatedly(work: () => Promise<void>): Promise<void> {
  for (let tries = 0; typeof (await orFailure(work)) === 'string'; tries += 1) assert.ok(tries < 4);
}

async function workload(store: FileStore, writer: Writer): Promise<void> {
  for (let version = 1n; version <= RECORDS; version += 1n) {
    await writer.append();
    if (version === 5n || version === 9n || version === 12n) {
      await repeatedly(() => store.putSnapshot(KEY, version, snapshotFrame(version, 40, writer.frames.at(-1))));
      await repeatedly(() => store.trim(KEY, version));
    }
    if (version === 6n) await repeatedly(() => store.beat(KEY, 'w', Buffer.from('1')));
    if (version === 7n) await repeatedly(async () => void (await store.read(KEY)));
  }
}

/** Runs the workload with one fault, checks what is left, and gives the number of file operations. */
async function tryOnce(failAt: number, kind: Kind): Promise<{ count: number; failed: string }> {
  using folder = new TemporaryFolder(true);
  const store = new FileStore(folder.path, { segmentBytes: SEGMENT_BYTES });
  const writer = new Writer(store);
  const faults = new Faults(failAt, kind);
  try {
    await workload(store, writer);
  } finally {
    faults.end();
  }
  await store.close();
  const fresh = new FileStore(folder.path, { segmentBytes: SEGMENT_BYTES });
  const { snapshot, tail, damage } = await fresh.read(KEY);
  assert.equal(snapshot?.version, 12n);
  assert.deepEqual(damage, []);
  assert.deepEqual(
    tail.map(({ version }) => version),
    [13n, 14n],
  );
  for (const { version, bytes } of tail) assert.equal(Buffer.compare(bytes, writer.frames[Number(version) - 1]!), 0);
  const all = await fresh.readFrom(KEY, 1n);
  if (all.kind === 'records') assert.equal(all.records.length, Number(RECORDS));
  else assert.ok(all.floor <= 10n, `the log is kept from the older snapshot on, and begins with ${all.floor}`);
  assert.equal(
    await fresh.append(KEY, RECORDS + 1n, recordFrame(RECORDS + 1n, 1, 5, writer.frames.at(-1))),
    'appended',
  );
  await fresh.close();
  return { count: faults.count, failed: faults.failed };
}

test('the process dies at each file operation', async () => {
  const { count } = await tryOnce(-1, 'dead');
  for (let failAt = 1; failAt <= count; failAt += 1) {
    using folder = new TemporaryFolder(true);
    const dying = new FileStore(folder.path, { segmentBytes: SEGMENT_BYTES });
    const writer = new Writer(dying);
    const faults = new Faults(failAt, 'dead');
    try {
      // It gives up when nothing works any more; then the process is gone, and its memory with it.
      await workload(dying, writer).catch(() => {});
    } finally {
      faults.end();
    }
    const acknowledged = [...writer.frames];
    const store = new FileStore(folder.path, { segmentBytes: SEGMENT_BYTES });
    try {
      const { snapshot, tail } = await store.read(KEY);
      const head = Number((tail.at(-1) ?? snapshot)?.version ?? 0n);
      assert.ok(head === acknowledged.length || head === acknowledged.length + 1, `${head} of ${acknowledged.length}`);
      for (const { version, bytes } of tail) {
        const expected = acknowledged[Number(version) - 1];
        if (expected !== undefined) assert.equal(Buffer.compare(bytes, expected), 0);
      }
      const next = BigInt(head + 1);
      const last = tail.at(-1)?.bytes ?? acknowledged.at(-1);
      assert.equal(await store.append(KEY, next, recordFrame(next, 2, 30, last)), 'appended');
    } catch (error) {
      throw new Error(`operation ${failAt} of ${count} (${faults.failed}): ${(error as Error).message}`, {
        cause: error,
      });
    }
    await Promise.all([store.close(), dying.close()]);
  }
});

for (const kind of ['EIO', 'ENOSPC', 'EACCES', 'short'] as const) {
  test(`each file operation fails once: ${kind}`, async () => {
    const { count } = await tryOnce(-1, kind);
    assert.ok(count > 150, `only ${count} file operations were seen`);
    const failed = new Set<string>();
    for (let failAt = 1; failAt <= count; failAt += 1) {
      try {
        failed.add((await tryOnce(failAt, kind)).failed);
      } catch (error) {
        throw new Error(`operation ${failAt} of ${count}: ${(error as Error).message}`, { cause: error });
      }
    }
    for (const name of ['writeSync', 'fdatasync', 'fsync', 'openSync', 'fstatSync', 'linkSync', 'renameSync']) {
      assert.ok(failed.has(name), `${name} never failed`);
    }
  });
}
