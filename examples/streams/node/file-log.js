/**
 * A log in a folder, with partitions, offsets and transactions, so that examples and tests need no broker. Not for production: it has one writer at
 * a time, and a file for each transaction and partition.
 *
 *   LOG/0/00000000000000000000.ndjson    the records of partition 0 from offset 0, one a line
 *   LOG/0/00000000000000000040.ndjson    those from offset 40
 *   LOG/.staged/3-ID-0-40.ndjson         what a transaction of the third start will add, of which readers see nothing
 *   LOG/.starts/3                        that there was a third start: who has begun before it is refused
 *
 * To commit is to give the staged file its place by a hard link. That happens at once and whole, and whoever does it again finds the place taken,
 * by the same records.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const STAGED = '.staged';
const STARTS = '.starts';

export class FileLog {
  constructor(folder, partitions) {
    this.folder = folder;
    this.partitions = partitions;
  }

  /** Adds records, as a transaction of their own. */
  async append(partition, records) {
    const sink = new FileLogSink(this);
    await sink.begin(0n);
    await sink.write(records.map((record) => ({ partition, record })));
    await sink.commit(await sink.preCommit());
  }

  /** Offsets at which files of a partition begin, in order. */
  async bases(partition) {
    const names = await ifThere(readdir(join(this.folder, String(partition))));
    return (names ?? []).map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);
  }

  /** Committed records from an offset on, as far as one file goes; none at the end. */
  async read(partition, offset) {
    const base = (await this.bases(partition)).findLast((each) => each <= offset);
    if (base === undefined) return [];
    return (await linesOf(this.place(partition, base))).slice(offset - base).map((line) => JSON.parse(line));
  }

  /** The offset of the next record. */
  async end(partition) {
    const base = (await this.bases(partition)).at(-1);
    return base === undefined ? 0 : base + (await linesOf(this.place(partition, base))).length;
  }

  /** All records of a partition. */
  async all(partition) {
    const records = [];
    for (const base of await this.bases(partition)) {
      if (base !== records.length) throw new Error(`partition ${partition} has a gap before offset ${base}`);
      records.push(...(await this.read(partition, base)));
    }
    return records;
  }

  place(partition, base) {
    return join(this.folder, String(partition), `${String(base).padStart(20, '0')}.ndjson`);
  }

  staged(name) {
    return join(this.folder, STAGED, name);
  }
}

/** Reads a log, some records at a time. What comes next depends on the positions alone, so that it is the same after a restart. */
export class FileLogSource {
  /** Positions are high-water marks of these names: `NAME/0`, `NAME/1`, … */
  constructor(log, name, { batch = 10, follow = false } = {}) {
    Object.assign(this, { log, name, batch, follow });
  }

  async seek(positions) {
    this.offsets = Array.from({ length: this.log.partitions }, (_, it) => Number(positions.get(`${this.name}/${it}`) ?? 0n));
  }

  async read() {
    // The partition that is furthest behind comes first.
    const turns = this.offsets.map((offset, partition) => ({ offset, partition })).sort((a, b) => a.offset - b.offset);
    for (const { offset, partition } of turns) {
      const records = (await this.log.read(partition, offset)).slice(0, this.batch);
      if (records.length === 0) continue;
      this.offsets[partition] += records.length;
      const next = (index) => BigInt(offset + index + 1);
      return records.map((record, index) => ({ partition: `${this.name}/${partition}`, next: next(index), record }));
    }
    return this.follow ? [] : undefined;
  }
}

/** Writes `{ partition, record }` into a log. */
export class FileLogSink {
  constructor(log) {
    this.log = log;
  }

  async begin(start) {
    const [staged, starts] = [STAGED, STARTS].map((name) => join(this.log.folder, name));
    for (const folder of [staged, starts]) await mkdir(folder, { recursive: true });
    const later = (await readdir(starts)).find((name) => BigInt(name) > start);
    if (later !== undefined) throw new Error(`start ${later} has begun to write, and this is start ${start}`);
    if (start !== this.start) {
      await writeFile(join(starts, String(start)), '');
      await flushFolder(starts);
      // What earlier starts have not committed now never will be. The files of later ones are theirs.
      for (const name of await readdir(staged)) {
        if (BigInt(name.split('-')[0]) < start) await ifThere(unlink(this.log.staged(name)));
      }
    }
    this.start = start;
    this.open = Array.from({ length: this.log.partitions }, () => []);
  }

  async write(outputs) {
    for (const { partition, record } of outputs) this.open[partition].push(record);
  }

  async preCommit() {
    const id = `${this.start}-${randomUUID()}`;
    const files = [];
    for (const [partition, records] of this.open.entries()) {
      if (records.length === 0) continue;
      const base = await this.log.end(partition);
      const name = `${id}-${partition}-${base}.ndjson`;
      await writeFlushed(this.log.staged(name), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
      files.push({ name, partition, base });
    }
    await flushFolder(join(this.log.folder, STAGED));
    return files.length === 0 ? undefined : new TextEncoder().encode(JSON.stringify(files));
  }

  async commit(transaction) {
    for (const { name, partition, base } of filesOf(transaction)) {
      const folder = join(this.log.folder, String(partition));
      await mkdir(folder, { recursive: true });
      await ifNew(ifThere(link(this.log.staged(name), this.log.place(partition, base))));
      await flushFolder(folder);
    }
    await flushFolder(this.log.folder);
    await this.abort(transaction);
  }

  async abort(transaction) {
    for (const { name } of filesOf(transaction)) await ifThere(unlink(this.log.staged(name)));
  }
}

function filesOf(transaction) {
  return JSON.parse(new TextDecoder().decode(transaction));
}

async function linesOf(file) {
  return (await readFile(file, 'utf8')).split('\n').slice(0, -1);
}

async function writeFlushed(file, content) {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function flushFolder(folder) {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const ifThere = (work) => unless(work, 'ENOENT');
const ifNew = (work) => unless(work, 'EEXIST');

async function unless(work, code) {
  try {
    return await work;
  } catch (error) {
    if (error.code !== code) throw error;
  }
}
