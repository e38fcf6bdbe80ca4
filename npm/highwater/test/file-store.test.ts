import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { mock, test } from 'node:test';
import {
  CorruptError,
  FileStore,
  HighwaterError,
  type Notice,
  open,
  StoreError,
  UnavailableError,
} from '../dist/index.js';
import { TemporaryFolder } from './support/folder.js';
import { recordFrame, snapshotFrame } from './support/frames.js';

const KEY = 'dev/orders';
const journalOf = (root: string) => join(root, 'journals-1', 'p_dev%2Forders');
const segmentOf = (root: string) => join(journalOf(root), 'log-00000000000000000001.hwl');

/** Appends the versions up to `to`, and gives their frames. */
async function fill(store: FileStore, to: number, size = 10): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  for (let version = 1; version <= to; version += 1) {
    const frame = recordFrame(BigInt(version), 1, size, frames.at(-1));
    assert.equal(await store.append(KEY, BigInt(version), frame), 'appended');
    frames.push(frame);
  }
  return frames;
}

const isStoreError =
  (failure: string, ...words: string[]) =>
  (error: unknown) => {
    assert.ok(error instanceof StoreError && error.failure === failure, String(error));
    for (const word of words) assert.ok(error.message.includes(word), `${error.message} does not say ${word}`);
    return true;
  };

test('files are for their owner alone, and reading makes none', async () => {
  using folder = new TemporaryFolder();
  const root = join(folder.path, 'a', 'state');
  const store = new FileStore(root);
  assert.deepEqual(await store.read(KEY), { snapshot: undefined, tail: [], damage: [] });
  assert.equal(fs.existsSync(root), false);
  const [frame] = await fill(store, 1);
  await store.putSnapshot(KEY, 1n, snapshotFrame(1n, 5, frame));
  await store.beat(KEY, 'w', Buffer.from('1'));
  const mode = (path: string) => fs.statSync(path).mode & 0o777;
  for (const path of [root, join(root, 'journals-1'), journalOf(root), join(journalOf(root), 'beats')])
    assert.equal(mode(path), 0o700, path);
  const files = fs.readdirSync(journalOf(root)).filter((name) => name !== 'beats');
  assert.equal(files.length, 2);
  for (const name of files) assert.equal(mode(join(journalOf(root), name)), 0o600, name);
  assert.equal(mode(join(journalOf(root), 'beats', 'w_w.hwb')), 0o600);
  await store.close();
});

test('one append is one write and one flush', async () => {
  using folder = new TemporaryFolder();
  const store = new FileStore(folder.path);
  const first = recordFrame(1n, 1, 10);
  await store.append(KEY, 1n, first);
  const writes = mock.method(fs, 'writeSync');
  const flushes = mock.method(fs, 'fdatasync');
  const folderFlushes = mock.method(fs, 'fsync');
  try {
    let previous = first;
    for (let version = 2n; version <= 101n; version += 1n) {
      const frame = recordFrame(version, 1, 10, previous);
      await store.append(KEY, version, frame);
      previous = frame;
    }
    assert.equal(writes.mock.callCount(), 100);
    assert.equal(flushes.mock.callCount(), 100);
    assert.ok(folderFlushes.mock.callCount() <= 4);
  } finally {
    mock.restoreAll();
  }
  await store.close();
});

test('a torn end is kept, skipped and named, and the next append goes behind it', async () => {
  using folder = new TemporaryFolder();
  const first = new FileStore(folder.path);
  const frames = await fill(first, 3);
  await first.close();
  const torn = recordFrame(4n, 2, 50, frames[2]);
  const size = fs.statSync(segmentOf(folder.path)).size;
  fs.appendFileSync(segmentOf(folder.path), torn.subarray(0, 60));
  const store = new FileStore(folder.path);
  const { tail, damage } = await store.read(KEY);
  assert.equal(tail.length, 3);
  assert.equal(damage.length, 1);
  assert.ok(
    damage[0]!.place.includes(segmentOf(folder.path)) && damage[0]!.place.includes(String(size)),
    damage[0]!.place,
  );
  assert.equal(await store.append(KEY, 4n, recordFrame(4n, 1, 10, frames[2])), 'appended');
  const bytes = fs.readFileSync(segmentOf(folder.path));
  assert.deepEqual(bytes.subarray(size, size + 60), Buffer.from(torn.subarray(0, 60)));
  const again = await new FileStore(folder.path).read(KEY);
  assert.deepEqual([again.tail.length, again.damage], [4, []]);
  await store.close();
});

test('every way to cut the last record leaves the ones before, and damages nothing', async () => {
  using folder = new TemporaryFolder();
  const store = new FileStore(folder.path);
  await fill(store, 3);
  await store.close();
  const whole = fs.readFileSync(segmentOf(folder.path));
  const last = whole.length - 98;
  for (let size = last; size < whole.length; size += 7) {
    fs.writeFileSync(segmentOf(folder.path), whole.subarray(0, size));
    const { tail, damage } = await new FileStore(folder.path).read(KEY);
    assert.equal(tail.length, 2);
    assert.equal(damage.length, size === last ? 0 : 1);
  }
});

test('a flipped byte in the middle is corrupt, names file and offset, and changes nothing', async () => {
  using folder = new TemporaryFolder();
  const store = new FileStore(folder.path);
  await fill(store, 5);
  await store.close();
  const whole = fs.readFileSync(segmentOf(folder.path));
  const start = whole.length - 5 * 98;
  for (const offset of [start, start + 100, start + 2 * 98 + 95, start + 3 * 98 + 20]) {
    const flipped = Buffer.from(whole);
    flipped[offset]! ^= 0x10;
    fs.writeFileSync(segmentOf(folder.path), flipped);
    const damaged = new FileStore(folder.path);
    const frameStart = start + Math.floor((offset - start) / 98) * 98;
    const isNamed = isStoreError('corrupt', segmentOf(folder.path), String(frameStart));
    await assert.rejects(damaged.read(KEY), isNamed);
    await assert.rejects(damaged.readFrom(KEY, 1n), isNamed);
    await assert.rejects(damaged.append(KEY, 6n, recordFrame(6n, 1, 10)), isNamed);
    await assert.rejects(damaged.append(KEY, 1n, recordFrame(1n, 1, 10)), isNamed);
    assert.deepEqual(fs.readFileSync(segmentOf(folder.path)), flipped);
    const hw = await open(`file:${folder.path}`);
    await assert.rejects(hw.pipeline(KEY).hwm('a').get(), CorruptError);
    await hw.close();
  }
});

test('an empty segment is corrupt, never an empty journal', async () => {
  using folder = new TemporaryFolder();
  const store = new FileStore(folder.path);
  await fill(store, 2);
  await store.close();
  fs.truncateSync(segmentOf(folder.path));
  const damaged = new FileStore(folder.path);
  await assert.rejects(damaged.read(KEY), isStoreError('corrupt', segmentOf(folder.path), 'empty'));
  await assert.rejects(damaged.append(KEY, 1n, recordFrame(1n, 1, 10)), isStoreError('corrupt', 'empty'));
  fs.rmSync(segmentOf(folder.path));
  fs.writeFileSync(join(journalOf(folder.path), 'snapshot-00000000000000000002.hws'), snapshotFrame(2n, 5));
  await assert.rejects(new FileStore(folder.path).read(KEY), isStoreError('corrupt', journalOf(folder.path)));
  await assert.rejects(new FileStore(folder.path).append(KEY, 1n, recordFrame(1n, 1, 10)), isStoreError('corrupt'));
});

test('a segment that is missing, renamed or from the future is refused', async () => {
  using folder = new TemporaryFolder();
  const store = new FileStore(folder.path, { segmentBytes: 0 });
  await fill(store, 4);
  await store.close();
  const file = (version: number) => join(journalOf(folder.path), `log-${String(version).padStart(20, '0')}.hwl`);
  const second = fs.readFileSync(file(2));
  fs.rmSync(file(2));
  await assert.rejects(new FileStore(folder.path).read(KEY), isStoreError('corrupt'));
  fs.writeFileSync(file(2), fs.readFileSync(file(3)));
  await assert.rejects(new FileStore(folder.path).read(KEY), isStoreError('corrupt', file(2)));
  fs.writeFileSync(file(2), second.subarray(0, second.length - 20));
  await assert.rejects(new FileStore(folder.path).read(KEY), isStoreError('corrupt', file(2)));
  fs.writeFileSync(file(2), second);
  assert.equal((await new FileStore(folder.path).read(KEY)).tail.length, 4);
});

/** As a file system shows it that stopped half-way. */
test('a name without a file is said to be one', async () => {
  using folder = new TemporaryFolder();
  const store = new FileStore(folder.path);
  await fill(store, 3);
  await store.close();
  fs.rmSync(segmentOf(folder.path));
  fs.symlinkSync('nowhere', segmentOf(folder.path));
  await assert.rejects(
    new FileStore(folder.path).read(KEY),
    isStoreError('corrupt', 'missing', segmentOf(folder.path)),
  );
  const words = 'it lists `log-00000000000000000001.hwl`, and there is no such file';
  await assert.rejects(new FileStore(folder.path).readAll(KEY), isStoreError('unavailable', words));
});

test('a damaged snapshot is stepped over when an older one and the log serve', async () => {
  using folder = new TemporaryFolder();
  const store = new FileStore(folder.path, { segmentBytes: 300 });
  const frames = await fill(store, 30);
  for (const version of [10, 20])
    await store.putSnapshot(KEY, BigInt(version), snapshotFrame(BigInt(version), 30, frames[version - 1]));
  await store.trim(KEY, 30n);
  const newest = join(journalOf(folder.path), 'snapshot-00000000000000000020.hws');
  const bytes = fs.readFileSync(newest);
  bytes[50]! ^= 1;
  fs.writeFileSync(newest, bytes);
  const { snapshot, tail, damage } = await new FileStore(folder.path).read(KEY);
  assert.deepEqual([snapshot?.version, tail.length, damage.length], [10n, 20, 1]);
  assert.ok(damage[0]!.place.includes(newest));
  const older = join(journalOf(folder.path), 'snapshot-00000000000000000010.hws');
  fs.writeFileSync(older, fs.readFileSync(older).subarray(0, 40));
  await assert.rejects(new FileStore(folder.path).read(KEY), isStoreError('corrupt', 'snapshot-00000000000000000020'));
  await store.close();
});

test('a failed flush is unknown, and what it left is written again before it is believed', async () => {
  using folder = new TemporaryFolder();
  const store = new FileStore(folder.path);
  const frames = await fill(store, 2);
  const flushes = mock.method(fs, 'fdatasync', (_fd: number, done: (error: Error) => void) =>
    setImmediate(() => done(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }))),
  );
  const third = recordFrame(3n, 1, 10, frames[1]);
  await assert.rejects(store.append(KEY, 3n, third), isStoreError('unknown', segmentOf(folder.path)));
  // The disk is still broken: nothing is read, for it could not be kept.
  await assert.rejects(store.read(KEY), isStoreError('unavailable'));
  assert.ok(flushes.mock.callCount() >= 2);
  mock.restoreAll();
  const writes = mock.method(fs, 'writeSync');
  assert.equal((await store.read(KEY)).tail.length, 3);
  assert.equal(writes.mock.callCount(), 1);
  mock.restoreAll();
  assert.equal(await store.append(KEY, 3n, third), 'taken');
  assert.equal(await store.append(KEY, 4n, recordFrame(4n, 1, 10, third)), 'appended');
  await store.close();
});

test('a writer that still holds a trimmed segment finds the seal and learns that it lost', async () => {
  using folder = new TemporaryFolder();
  const stale = new FileStore(folder.path, { segmentBytes: 300 });
  const frames = await fill(stale, 2);
  const store = new FileStore(folder.path, { segmentBytes: 300 });
  for (let version = 3; version <= 30; version += 1) {
    frames.push(recordFrame(BigInt(version), 2, 10, frames.at(-1)));
    assert.equal(await store.append(KEY, BigInt(version), frames.at(-1)!), 'appended');
  }
  for (const version of [20, 28])
    await store.putSnapshot(KEY, BigInt(version), snapshotFrame(BigInt(version), 5, frames[version - 1]));
  await store.trim(KEY, 30n);
  assert.equal(fs.existsSync(segmentOf(folder.path)), false);
  assert.equal(await stale.append(KEY, 3n, recordFrame(3n, 1, 10, frames[1])), 'taken');
  const tail = await stale.readFrom(KEY, 3n);
  assert.ok(tail.kind === 'trimmed' && tail.floor > 3n && tail.floor <= 21n);
  assert.equal(await stale.append(KEY, 31n, recordFrame(31n, 1, 10, frames[29])), 'appended');
  await Promise.all([store.close(), stale.close()]);
});

test('a trim that a power failure undid in part is a trim', async () => {
  using folder = new TemporaryFolder();
  const store = new FileStore(folder.path, { segmentBytes: 300 });
  const frames = await fill(store, 30);
  const first = fs.readFileSync(segmentOf(folder.path));
  for (const version of [20, 28])
    await store.putSnapshot(KEY, BigInt(version), snapshotFrame(BigInt(version), 5, frames[version - 1]));
  await store.trim(KEY, 30n);
  await store.close();
  fs.writeFileSync(segmentOf(folder.path), first);
  const after = new FileStore(folder.path);
  const tail = await after.readFrom(KEY, 1n);
  assert.ok(tail.kind === 'trimmed' && tail.floor > 1n && tail.floor <= 21n);
  assert.equal((await after.read(KEY)).tail.length, 2);
  await after.close();
});

test('a claim behind a seal is dead, also while the next segment is not there', async () => {
  using folder = new TemporaryFolder();
  const store = new FileStore(folder.path, { segmentBytes: 0 });
  const frames = await fill(store, 3);
  await store.close();
  // The last one is sealed; the next is made with the next record in it.
  const names = fs.readdirSync(journalOf(folder.path)).sort();
  assert.equal(names.length, 3);
  const reader = new FileStore(folder.path);
  const head = BigInt((await reader.read(KEY)).tail.length);
  const late = recordFrame(head + 1n, 9, 10, frames[Number(head) - 1]);
  fs.appendFileSync(join(journalOf(folder.path), names.at(-1)!), late);
  assert.deepEqual(await reader.readFrom(KEY, head + 1n), { kind: 'records', records: [], damage: [] });
  const next = recordFrame(head + 1n, 2, 10, frames[Number(head) - 1]);
  assert.equal(await reader.append(KEY, head + 1n, next), 'appended');
  const after = recordFrame(head + 2n, 2, 10, next);
  assert.equal(await reader.append(KEY, head + 2n, after), 'appended');
  await reader.close();
  const fresh = new FileStore(folder.path);
  assert.deepEqual(
    (await fresh.read(KEY)).tail.slice(-2).map((record) => Buffer.from(record.bytes)),
    [next, after].map((bytes) => Buffer.from(bytes)),
  );
  await fresh.close();
});

test(
  'a directory without rights is denied, with the path and what to do',
  { skip: process.getuid?.() === 0 && 'root may do everything' },
  async () => {
    using folder = new TemporaryFolder();
    fs.chmodSync(folder.path, 0o500);
    const store = new FileStore(join(folder.path, 'state'));
    await assert.rejects(store.append(KEY, 1n, recordFrame(1n, 1, 10)), isStoreError('denied', folder.path, 'right'));
    fs.chmodSync(folder.path, 0o700);
  },
);

test('what the system refuses is denied, for root as well', async () => {
  using folder = new TemporaryFolder();
  const refuse = (code: string) => () => {
    throw Object.assign(new Error(`${code}: not permitted`), { code });
  };
  for (const code of ['EACCES', 'EPERM', 'EROFS']) {
    mock.method(fs, 'mkdirSync', refuse(code));
    await assert.rejects(
      new FileStore(folder.path).append(KEY, 1n, recordFrame(1n, 1, 10)),
      isStoreError('denied', journalOf(folder.path), 'right'),
    );
    mock.restoreAll();
  }
  const hw = await open(`file:${folder.path}`);
  mock.method(fs, 'mkdirSync', refuse('EACCES'));
  await assert.rejects(hw.pipeline(KEY).hwm('a').set(1), UnavailableError);
  mock.restoreAll();
  await hw.close();
});

test('a file where the directory should be is refused when it is opened', async () => {
  using folder = new TemporaryFolder();
  const file = join(folder.path, 'file');
  fs.writeFileSync(file, '');
  await assert.rejects(open(`file:${file}`), (error) => error instanceof HighwaterError && error.kind === 'invalid');
  await assert.rejects(
    open(`file:${join(file, 'state')}`),
    (error) => error instanceof HighwaterError && error.kind === 'invalid',
  );
});

test('a network file system is refused by name', async () => {
  using folder = new TemporaryFolder();
  for (const [type, name] of [
    [0x6969, 'nfs'],
    [0xff534d42 | 0, 'cifs'],
    [0x01021997, '9p'],
  ] as const) {
    mock.method(fs, 'statfsSync', () => ({ type }));
    assert.throws(() => new FileStore(folder.path), isStoreError('unsupported', name, 'local disk'));
    mock.restoreAll();
  }
});

test('what no reader could use is refused before it is written', async () => {
  using folder = new TemporaryFolder();
  const store = new FileStore(folder.path, { segmentBytes: 500 });
  const refused = isStoreError('unsupported', KEY);
  await assert.rejects(store.append(KEY, 1n, Buffer.from('no frame')), refused);
  await assert.rejects(store.append(KEY, 1n, recordFrame(2n, 1, 10)), refused);
  await assert.rejects(store.append(KEY, 1n, snapshotFrame(1n, 10)), refused);
  assert.equal(fs.existsSync(journalOf(folder.path)), false);
  const frames = await fill(store, 22);
  const stray = recordFrame(23n, 1, 10, frames[3]);
  await assert.rejects(store.append(KEY, 23n, stray), refused);
  const other = new FileStore(folder.path);
  await assert.rejects(other.append(KEY, 23n, stray), refused);
  assert.equal(await other.append(KEY, 23n, recordFrame(23n, 2, 10, frames[21])), 'appended');
  await assert.rejects(store.append(KEY, 24n, recordFrame(24n, 1, 10, frames[21])), refused);
  assert.equal((await new FileStore(folder.path).read(KEY)).tail.length, 23);
  await Promise.all([store.close(), other.close()]);
});

test('a segment that does not follow the one before it is corrupt', async () => {
  using folder = new TemporaryFolder();
  using foreign = new TemporaryFolder();
  for (const [root, size] of [
    [folder.path, 10],
    [foreign.path, 11],
  ] as const) {
    const store = new FileStore(root, { segmentBytes: 500 });
    await fill(store, 20, size);
    await store.close();
  }
  const second = fs.readdirSync(journalOf(folder.path)).sort()[1]!;
  assert.equal(fs.readdirSync(journalOf(foreign.path)).sort()[1], second);
  fs.copyFileSync(join(journalOf(foreign.path), second), join(journalOf(folder.path), second));
  await assert.rejects(new FileStore(folder.path).read(KEY), isStoreError('corrupt', second, 'digest'));
});

test('damage of the log reaches the application as a notice', async () => {
  using folder = new TemporaryFolder();
  const notices: Notice[] = [];
  const hw = await open(`file:${folder.path}`);
  await hw.pipeline(KEY).hwm('a').set(1);
  await hw.close();
  fs.appendFileSync(segmentOf(folder.path), Buffer.alloc(30, 1));
  const again = await open(`file:${folder.path}`, { onNotice: (notice) => notices.push(notice) });
  assert.equal((await again.pipeline(KEY).hwm('a').get())?.value, 1n);
  assert.ok(notices.some(({ code, message }) => code === 'damage' && message.includes(segmentOf(folder.path))));
  await again.close();
});
