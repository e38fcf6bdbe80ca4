// The folder is removed under a writer, before each of its file operations: nothing is acknowledged from then on, and nothing
// is left that makes a new journal in its place unreadable. Besides: a listing is no moment.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { mock, test } from 'node:test';
import { FileStore, StoreError } from '../dist/index.js';
import { TemporaryFolder } from './support/folder.js';
import { recordFrame, snapshotFrame } from './support/frames.js';

const KEY = 'dev/orders';
const JOURNAL = join('journals-1', 'p_dev%2Forders');
const APPENDS = 12;
/** Small enough for several rotations, and large enough for none. */
const SMALL = 500;
const LARGE = 1_000_000;
const OPERATIONS = ['writeSync', 'fstatSync', 'openSync', 'linkSync', 'renameSync', 'readdirSync'] as const;

/** What stands in the place of the folder at once: nothing, what a beat of another process makes, or a new journal. */
type Then = 'nothing' | 'beat' | 'journal';

/** Files of a journal in whose place they are put. */
type Files = ReadonlyMap<string, Uint8Array>;

/** Calls `act` before each operation, but not before its own. */
function before(act: () => void): void {
  let isInside = false;
  for (const name of OPERATIONS) {
    const real = fs[name] as (...args: unknown[]) => unknown;
    mock.method(fs, name, (...args: unknown[]) => {
      if (!isInside) {
        isInside = true;
        act();
        isInside = false;
      }
      return real(...args);
    });
  }
}

async function newJournal(): Promise<Files> {
  using folder = new TemporaryFolder(true);
  const store = new FileStore(folder.path);
  await append(store, 2, () => {});
  await store.close();
  const journal = join(folder.path, JOURNAL);
  return new Map(fs.readdirSync(journal).map((name) => [name, fs.readFileSync(join(journal, name))]));
}

/** Appends, with snapshots, until something fails; says so. */
async function append(store: FileStore, appends: number, told: () => void): Promise<unknown> {
  let frame: Uint8Array | undefined;
  try {
    for (let version = 1n; version <= appends; version += 1n) {
      frame = recordFrame(version, 1, 100, frame);
      assert.equal(await store.append(KEY, version, frame), 'appended');
      told();
      if (version % 5n === 0n) await store.putSnapshot(KEY, version, snapshotFrame(version, 50, frame));
    }
  } catch (error) {
    return error;
  }
  return undefined;
}

function replace(root: string, then: Then, files: Files): void {
  fs.rmSync(root, { recursive: true });
  if (then === 'nothing') return;
  fs.mkdirSync(join(root, JOURNAL, 'beats'), { recursive: true });
  if (then === 'beat') return;
  for (const [name, bytes] of files) fs.writeFileSync(join(root, JOURNAL, name), bytes);
}

/** Removes the folder at an operation, once a record was acknowledged. Whether there is such an operation. */
async function removedAt(at: number, then: Then, segmentBytes: number, files: Files): Promise<boolean> {
  using folder = new TemporaryFolder(true);
  const root = join(folder.path, 'state');
  const store = new FileStore(root, { segmentBytes });
  let [acknowledged, operations, known] = [0, 0, -1];
  before(() => {
    if (acknowledged === 0 || (operations += 1) !== at) return;
    known = acknowledged;
    replace(root, then, files);
  });
  let told: unknown;
  try {
    told = await append(store, APPENDS, () => (acknowledged += 1));
  } finally {
    mock.restoreAll();
  }
  const lives = known < 0;
  if (!lives) {
    const context = `removed at ${at}, then ${then}, told ${String(told)}`;
    assert.ok(told instanceof StoreError || acknowledged === APPENDS, `${context}: it went on`);
    // What could be read when it was decided may be acknowledged while the next segment is being made.
    const most = known + (segmentBytes === SMALL ? 1 : 0);
    assert.ok(acknowledged >= known && acknowledged <= most, `${context}: ${known}, then ${acknowledged}`);
    const fresh = new FileStore(root);
    const found = await fresh.read(KEY).catch((error: Error) => assert.fail(`${context}: ${error.message}`));
    assert.equal(found.snapshot, undefined, context);
    assert.equal(found.tail.length, then === 'journal' ? 2 : 0, context);
    await fresh.close();
    if (then !== 'journal') await assert.rejects(store.read(KEY), StoreError, `${context}: taken for a new journal`);
  }
  await store.close();
  return !lives;
}

for (const then of ['nothing', 'beat', 'journal'] as const) {
  test(`a folder that is removed at any moment is noticed; in its place: ${then}`, async () => {
    const files = await newJournal();
    for (const [segmentBytes, least] of [
      [SMALL, 60],
      [LARGE, 40],
    ] as const) {
      let moments = 0;
      while (await removedAt(moments + 1, then, segmentBytes, files)) moments += 1;
      assert.ok(moments > least, `${moments} moments`);
    }
  });
}

test('a listing of two moments is not taken for damage', async () => {
  using folder = new TemporaryFolder();
  const store = new FileStore(folder.path, { segmentBytes: SMALL });
  await append(store, APPENDS, () => {});
  await store.trim(KEY, 10n);
  await store.close();
  const journal = join(folder.path, JOURNAL);
  const snapshots = fs.readdirSync(journal).filter((name) => name.endsWith('.hws'));
  assert.equal(snapshots.length, 2);
  const missing = (): void => snapshots.forEach((name) => fs.renameSync(join(journal, name), join(folder.path, name)));
  const back = (): void => snapshots.forEach((name) => fs.renameSync(join(folder.path, name), join(journal, name)));
  missing();
  await assert.rejects(new FileStore(folder.path).read(KEY), StoreError, 'without snapshots, records are missing');
  for (const looks of [1, 2, 3]) {
    // The first listings show the log as it is, and the snapshots as they were before there were any.
    let listings = 0;
    const real = fs.readdirSync as (...args: unknown[]) => unknown;
    const listed = mock.method(fs, 'readdirSync', (...args: unknown[]) => {
      const names = real(...args);
      if ((listings += 1) === looks) back();
      return names;
    });
    const late = new FileStore(folder.path);
    const found = await late.read(KEY);
    listed.mock.restore();
    assert.deepEqual([found.snapshot?.version, found.tail.map(({ version }) => version)], [10n, [11n, 12n]]);
    await late.close();
    missing();
  }
});
