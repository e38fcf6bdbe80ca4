// A segment is made with the record in it that it begins with: what others do at each moment of that, and what is left when the
// process dies there, or while the journal is started anew.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { mock, test } from 'node:test';
import { FileStore, StoreError } from '../dist/index.js';
import { frames } from '../dist/engine.js';
import { Faults } from './support/faults.js';
import { TemporaryFolder } from './support/folder.js';
import { recordFrame, snapshotFrame } from './support/frames.js';

const KEY = 'dev/orders';
const journalOf = (root: string): string => join(root, 'journals-1', 'p_dev%2Forders');
const logName = (first: bigint): string => `log-${String(first).padStart(20, '0')}.hwl`;
/** Each record ends its segment. */
const sealing = (root: string): FileStore => new FileStore(root, { segmentBytes: 0 });

/** The journals that the cases begin with: nobody wrote, the last segment is sealed, it was just started anew, it goes on. */
type Before = 'nothing' | 'sealed' | 'started' | 'open';
const BEFORE = ['nothing', 'sealed', 'started', 'open'] as const;

/** What comes next in a journal. */
interface Next {
  readonly version: bigint;
  /** The record before, if it carries one. */
  readonly last: Uint8Array | undefined;
}

async function fill(store: FileStore, { version, last }: Next, count: number, size = 10): Promise<Next> {
  for (let left = count; left > 0; left -= 1, version += 1n) {
    last = recordFrame(version, 3, size, last);
    assert.equal(await store.append(KEY, version, last), 'appended');
  }
  return { version, last };
}

async function prepare(root: string, before: Before): Promise<Next> {
  const first = { version: 1n, last: undefined };
  if (before === 'nothing') return first;
  const store = before === 'open' ? new FileStore(root) : sealing(root);
  let next = await fill(store, first, 3);
  if (before === 'started') {
    assert.equal((await store.reset(KEY, next.version, snapshotFrame(next.version, 30))).kind, 'done');
    next = { version: next.version + 1n, last: undefined };
  }
  await store.close();
  return next;
}

/** Who has a version: the writer of the record, or `reset`. The journal goes on. */
async function winnerOf(root: string, version: bigint): Promise<string> {
  const store = new FileStore(root);
  const { snapshot, tail } = await store.read(KEY);
  const last = tail.at(-1) ?? snapshot;
  assert.ok(last !== undefined && last.version >= version, `nobody has version ${version}`);
  const next = last.version + 1n;
  assert.equal(await store.append(KEY, next, recordFrame(next, 9, 10, tail.at(-1)?.bytes)), 'appended');
  assert.deepEqual((await store.readAll(KEY)).damage, []);
  await store.close();
  const record = tail.find((each) => each.version === version);
  return record === undefined ? 'reset' : frames.decodeHeader(record.bytes).stamp.writer.slice(0, 2);
}

/** Does something before the operation with this number that is waited for, from 1 on. Returns how many there were. */
function atOperation(at: number, act: () => Promise<void>): () => number {
  let count = 0;
  const arrive = async (): Promise<void> => ((count += 1) === at ? act() : undefined);
  for (const name of ['fdatasync', 'fsync'] as const) {
    const real = fs[name];
    mock.method(fs, name, (fd: number, done: (error: Error | null) => void) => {
      void arrive().then(() => real(fd, done), done);
    });
  }
  const read = fs.promises.readFile as (file: string) => Promise<Buffer>;
  mock.method(fs.promises, 'readFile', async (file: string) => {
    await arrive();
    return read(file);
  });
  return () => count;
}

type Work = (store: FileStore, next: Next) => Promise<string | undefined>;

function appends(writer: number): Work {
  return async (store, { version, last }) => {
    const outcome = await store.append(KEY, version, recordFrame(version, writer, 10, last));
    return outcome === 'appended' ? `0${writer}` : undefined;
  };
}

const resets: Work = async (store, { version }) =>
  (await store.reset(KEY, version, snapshotFrame(version, 30))).kind === 'done' ? 'reset' : undefined;

async function oneWins(before: Before, at: number, outer: Work, inner: Work): Promise<boolean> {
  using folder = new TemporaryFolder(true);
  const next = await prepare(folder.path, before);
  const [store, other] = [sealing(folder.path), sealing(folder.path)];
  let innerWon: string | undefined;
  const count = atOperation(at, async () => {
    innerWon = await inner(other, next);
  });
  let outerWon;
  try {
    outerWon = await outer(store, next);
    // The seal comes after the answer.
    await store.close();
  } finally {
    mock.restoreAll();
  }
  const isOver = count() < at;
  await other.close();
  if (isOver) return false;
  const context = `${before}, at ${at}: the outer got ${outerWon}, the inner ${innerWon}`;
  assert.ok((outerWon === undefined) !== (innerWon === undefined), context);
  assert.equal(await winnerOf(folder.path, next.version), outerWon ?? innerWon, context);
  return true;
}

for (const [name, outer, inner] of [
  ['of two writers one makes the segment', appends(1), appends(2)],
  ['a journal that is started anew while a segment is made', appends(1), resets],
  ['a segment that is made while the journal is started anew', resets, appends(2)],
  ['of two who start the journal anew one does', resets, resets],
] as const) {
  test(name, async () => {
    for (const before of BEFORE) {
      let at = 1;
      while (await oneWins(before, at, outer, inner)) at += 1;
      assert.ok(at > 2 || before === 'open', `${before}: ${at} operations`);
    }
  });
}

test('a segment that was made and trimmed by others is not made again', async () => {
  for (const segmentBytes of [0, 700]) {
    for (let at = 1; ; at += 1) {
      using folder = new TemporaryFolder(true);
      const next = await prepare(folder.path, 'sealed');
      const [store, other] = [sealing(folder.path), new FileStore(folder.path, { segmentBytes })];
      const count = atOperation(at, async () => {
        const { tail } = await other.read(KEY);
        let after: Next = { version: BigInt(tail.length) + 1n, last: tail.at(-1)?.bytes };
        for (let round = 0; round < 3; round += 1) {
          after = await fill(other, after, 7, 60);
          for (const version of [after.version - 2n, after.version - 1n])
            await other.putSnapshot(KEY, version, snapshotFrame(version, 30));
          await other.trim(KEY, after.version);
        }
      });
      let told;
      try {
        told = await store.append(KEY, next.version, recordFrame(next.version, 1, 10, next.last));
        await store.close();
      } finally {
        mock.restoreAll();
      }
      if (count() < at) break;
      const head = 3n + 21n + (told === 'appended' ? 1n : 0n);
      const fresh = new FileStore(folder.path);
      const { snapshot, tail } = await fresh.read(KEY);
      assert.equal((tail.at(-1) ?? snapshot)?.version, head, `at ${at}: ${told}`);
      for (let from = 1n; from <= head; from += 1n) {
        const found = await fresh.readFrom(KEY, from);
        assert.ok(found.kind === 'records' ? found.records[0]?.version === from : found.floor > from);
      }
      assert.deepEqual((await fresh.readAll(KEY)).damage, [], `at ${at}: something is left over`);
      await Promise.all([other, fresh].map((each) => each.close()));
    }
  }
});

test('what a reader saw of a segment while a reset was pending stays', async () => {
  for (const before of ['nothing', 'sealed', 'started'] as const) {
    const winners = new Set<string>();
    for (let at = 1; ; at += 1) {
      using folder = new TemporaryFolder(true);
      const next = await prepare(folder.path, before);
      const [store, writer] = [sealing(folder.path), sealing(folder.path)];
      let isSeen = false;
      const count = atOperation(at, async () => {
        // It gives the segment its name, and sleeps before it has looked whether that counts.
        const linked = new Promise<void>((resolve) => {
          const real = fs.linkSync;
          mock.method(fs, 'linkSync', (from: string, to: string) => {
            real(from, to);
            mock.method(fs, 'fsync', () => resolve());
          });
        });
        const outcome = writer.append(KEY, next.version, recordFrame(next.version, 1, 10, next.last));
        await Promise.race([linked, outcome.catch(() => {})]);
        mock.restoreAll();
        const reader = new FileStore(folder.path);
        const seen = at % 2 === 0 ? (await reader.read(KEY)).tail : (await reader.readAll(KEY)).records;
        isSeen = seen.at(-1)?.version === next.version;
        await reader.close();
      });
      let told;
      try {
        told = await resets(store, next);
      } finally {
        mock.restoreAll();
      }
      if (count() < at) break;
      const won = await winnerOf(folder.path, next.version);
      assert.equal(told === 'reset', won === 'reset', `${before}, at ${at}`);
      assert.ok(won !== 'reset' || !isSeen, `${before}, at ${at}: what was read is gone`);
      winners.add(won);
      await store.close();
    }
    assert.deepEqual([...winners].sort(), ['01', 'reset'], before);
  }
});

test('a reset that dies or fails at any step behind a seal leaves a journal that goes on', async () => {
  for (const kind of ['EIO', 'dead'] as const) {
    for (let failAt = 1; ; failAt += 1) {
      using folder = new TemporaryFolder(true);
      const known = sealing(folder.path);
      const next = await fill(known, { version: 1n, last: undefined }, 3);
      const dying = new FileStore(folder.path);
      const faults = new Faults(failAt, kind);
      const told = await dying.reset(KEY, 9n, snapshotFrame(9n, 30)).catch((error: Error) => error);
      const isOver = faults.count < failAt;
      faults.end();
      if (isOver) break;
      const fresh = new FileStore(folder.path);
      const { snapshot, tail } = await fresh.read(KEY);
      const head = (tail.at(-1) ?? snapshot)!.version;
      const context = `${kind} at ${failAt}: ${String(told)}`;
      assert.ok(head === 3n || head === 9n, `${context}: ${head}`);
      // One that knew the old journal, and one that knows nothing.
      const store = failAt % 2 === 0 ? known : fresh;
      await fill(store, { version: head + 1n, last: head === 3n ? next.last : undefined }, 2);
      assert.equal((await store.reset(KEY, head + 3n, snapshotFrame(head + 3n, 30))).kind, 'done', context);
      await fill(store, { version: head + 4n, last: undefined }, 1);
      await Promise.all([known, fresh, dying].map((each) => each.close()));
    }
  }
});

test('no segment is ever without a record', async () => {
  using folder = new TemporaryFolder(true);
  let looks = 0;
  for (const name of ['writeSync', 'linkSync', 'rmSync', 'renameSync', 'fsync', 'fdatasync'] as const) {
    const real = fs[name] as (...args: unknown[]) => unknown;
    mock.method(fs, name, (...args: unknown[]) => {
      const journal = journalOf(folder.path);
      for (const log of (fs.existsSync(journal) ? fs.readdirSync(journal) : []).filter((each) =>
        each.endsWith('.hwl'),
      )) {
        const { records } = frames.salvage(fs.readFileSync(join(journal, log)), 0xffff_ffff_ffff_ffffn);
        assert.ok(records.length > 0 && logName(records[0]!.version) === log, `${log} has no record`);
        looks += 1;
      }
      return real(...args);
    });
  }
  try {
    const store = sealing(folder.path);
    const { version } = await fill(store, { version: 1n, last: undefined }, 4);
    assert.equal((await store.reset(KEY, version, snapshotFrame(version, 30))).kind, 'done');
    await fill(store, { version: version + 1n, last: undefined }, 3);
    await store.close();
  } finally {
    mock.restoreAll();
  }
  assert.ok(looks > 40, `${looks} looks`);
});

test('a segment that a late process made again harms nobody', async () => {
  for (const record of [new Uint8Array(), recordFrame(1n, 7, 10)]) {
    using folder = new TemporaryFolder(true);
    const store = sealing(folder.path);
    const { version, last } = await fill(store, { version: 1n, last: undefined }, 3);
    for (const at of [1n, 2n]) await store.putSnapshot(KEY, at, snapshotFrame(at, 5));
    await store.trim(KEY, 3n);
    const leftOver = join(journalOf(folder.path), logName(1n));
    assert.ok(!fs.existsSync(leftOver));
    fs.writeFileSync(leftOver, Buffer.concat([frames.segmentHeader(1n, 'shared'), record]));
    const fresh = new FileStore(folder.path);
    for (const each of [store, fresh]) {
      assert.deepEqual(await each.readFrom(KEY, 1n), { kind: 'trimmed', floor: 2n });
      assert.equal((await each.read(KEY)).tail.length, 1);
      assert.equal(await each.append(KEY, 1n, recordFrame(1n, 9, 10)), 'taken');
    }
    await fill(fresh, { version, last }, 1);
    await fresh.trim(KEY, 3n);
    assert.ok(!fs.existsSync(leftOver), 'the next trim removes it');
    await Promise.all([store.close(), fresh.close()]);
  }
});

test('a segment without a record that an earlier version made is appended to, until a reset dies behind it', async () => {
  for (const isStopped of [false, true]) {
    using folder = new TemporaryFolder(true);
    const late = sealing(folder.path);
    const next = await fill(late, { version: 1n, last: undefined }, 3);
    await late.readFrom(KEY, 4n);
    const empty = join(journalOf(folder.path), logName(4n));
    fs.writeFileSync(empty, frames.segmentHeader(4n, 'shared'));
    const store = new FileStore(folder.path);
    assert.equal((await store.read(KEY)).tail.length, 3);
    if (isStopped) {
      const stamp = { version: 0xffff_ffff_ffff_ffffn, writer: '0'.repeat(32), sequence: 1n, decidedAtMs: 0n };
      fs.appendFileSync(empty, frames.seal({ ...stamp, chain: '0'.repeat(64) }));
      const record = recordFrame(4n, 3, 10, next.last);
      await assert.rejects(
        store.append(KEY, 4n, record),
        (error) =>
          error instanceof StoreError && error.failure === 'unavailable' && /anew once more/.test(error.message),
      );
      assert.equal((await store.reset(KEY, 4n, snapshotFrame(4n, 30))).kind, 'done');
      await fill(late, { version: 5n, last: undefined }, 2);
    } else {
      const after = await fill(store, next, 1);
      assert.equal(await late.append(KEY, 4n, recordFrame(4n, 9, 10, next.last)), 'taken');
      await fill(late, after, 2);
    }
    await Promise.all([late.close(), store.close()]);
  }
});

test('a name that its maker did not flush is flushed before its record is handed out or built on', async () => {
  for (const reads of [true, false]) {
    using folder = new TemporaryFolder(true);
    const [store, other] = [sealing(folder.path), sealing(folder.path)];
    const next = await fill(store, { version: 1n, last: undefined }, 3);
    await other.readFrom(KEY, 1n);
    const fourth = recordFrame(4n, 1, 10, next.last);
    // The first flush of the folder fails, behind the link.
    let flushes = 0;
    const real = fs.fsync;
    mock.method(fs, 'fsync', (fd: number, done: (error: Error | null) => void) => {
      if ((flushes += 1) > 1) return real(fd, done);
      setImmediate(() => done(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })));
    });
    try {
      const isUnknown = (error: unknown) => error instanceof StoreError && error.failure === 'unknown';
      await assert.rejects(store.append(KEY, 4n, fourth), isUnknown);
      if (reads) {
        const found = await other.readFrom(KEY, 4n);
        assert.ok(found.kind === 'records' && found.records.length === 1);
      } else {
        assert.equal(await other.append(KEY, 4n, fourth), 'taken');
        assert.equal(flushes, 1, 'that it is taken needs no flush');
        assert.equal(await other.append(KEY, 5n, recordFrame(5n, 2, 10, fourth)), 'appended');
      }
    } finally {
      mock.restoreAll();
    }
    assert.ok(flushes > 1, 'the folder was flushed');
    await Promise.all([store.close(), other.close()]);
  }
});
