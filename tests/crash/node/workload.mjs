// What a recorded process does with the TypeScript store, and writes down what it was promised; see ../src/workload.rs.
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { FileStore } from '../../../npm/highwater/dist/stores/file.js';
import { BACKUP, endOf, frames, KEY, randomBelow, recordFrame, SEGMENT_BYTES, snapshotFrame, NO_CHAIN } from './frames.mjs';

const SNAPSHOT_EVERY = 7;
const BEAT_EVERY = 5;
const REOPEN_EVERY = 11;
const RESET_EVERY = 4;

const { values } = parseArgs({
  options: {
    folder: { type: 'string' },
    wait: { type: 'boolean', default: false },
    writer: { type: 'string', default: '1' },
    appends: { type: 'string' },
    seed: { type: 'string', default: '1' },
    resets: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    stop: { type: 'boolean', default: false },
    fail: { type: 'string' },
    calls: { type: 'string' },
  },
});

/** A process at work in a folder: the store is in `state`, the promises in `acks`. */
class Worker {
  head = 0n;
  chain = NO_CHAIN;
  isBehind = true;
  failed = false;
  sequence = 0n;

  constructor(folder, writer, seed) {
    this.writer = writer;
    this.acks = fs.openSync(path.join(folder, 'acks'), 'a');
    this.root = path.join(folder, 'state');
    this.store = new FileStore(this.root, { segmentBytes: SEGMENT_BYTES });
    this.random = randomBelow(seed * 251 + writer);
  }

  tell(line) {
    if (line !== '') fs.writeSync(this.acks, `${line}\n`);
  }

  /** Does something; an error is written down, and gives `undefined`. */
  async attempt(operation, work) {
    try {
      return { value: await work() };
    } catch (error) {
      this.failed = true;
      this.tell(`error ${operation} ${error.failure ?? error.name} ${error.message.replaceAll('\n', ' ')}`);
      return { error };
    }
  }

  async round(round) {
    for (let tries = 0; tries < 50; tries += 1) {
      if (values.stop && this.failed) return;
      if (!(this.isBehind && !(await this.read())) && (await this.append())) break;
    }
    if (round % BEAT_EVERY === 0) {
      await this.attempt('beat', () => this.store.beat(KEY, `worker-${this.writer}`, new Uint8Array(40).fill(1)));
    }
    if (round % SNAPSHOT_EVERY === 0 && !this.isBehind && this.head > 0n) await this.snapshot();
    if (values.resets && round % RESET_EVERY === 0) await this.startAnew();
    // Another store would take a directory that is gone for one that is not there yet.
    if (round % REOPEN_EVERY === 0 && !values.stop) {
      await this.store.close();
      this.store = new FileStore(this.root, { segmentBytes: SEGMENT_BYTES });
      this.isBehind = true;
    }
  }

  async read() {
    const { value: journal, error } = await this.attempt('read', () => this.store.read(KEY));
    if (error !== undefined) return false;
    this.isBehind = false;
    Object.assign(this, endOf(journal));
    if (this.head > 0n) this.tell(`seen ${this.head} ${this.chain}`);
    return true;
  }

  async append() {
    const version = this.head + 1n;
    const size = this.random(4) === 0 ? this.random(1_500) : this.random(300);
    const frame = recordFrame(version, this.writer, size, this.chain, (this.sequence += 1n));
    const digest = frames.digest(frame);
    this.tell(`try ${version} ${digest}`);
    const { value: outcome, error } = await this.attempt('append', () => this.store.append(KEY, version, frame));
    if (outcome === 'appended') {
      this.tell(`ack ${version} ${digest}`);
      this.head = version;
      this.chain = digest;
      return true;
    }
    if (outcome === 'taken') await this.follow(version);
    if (error !== undefined) {
      this.tell(`${error.failure === 'unknown' ? 'unknown' : 'never'} ${version} ${digest}`);
      this.isBehind = true;
    }
    return false;
  }

  async follow(version) {
    const { value: tail } = await this.attempt('read', () => this.store.readFrom(KEY, version));
    if (tail?.kind !== 'records') {
      this.isBehind = true;
      return;
    }
    if (tail.records.length === 0) {
      this.tell(`gone ${version} ${this.writer}`);
      this.isBehind = true;
    }
    for (const record of tail.records) {
      this.head = record.version;
      this.chain = frames.digest(record.bytes);
      this.tell(`seen ${this.head} ${this.chain}`);
    }
  }

  /** Keeps a backup, and starts the journal anew above all that was ever written. */
  async startAnew() {
    this.isBehind = true;
    const { value: retained } = await this.attempt('read', () => this.store.readAll(KEY));
    if (retained === undefined) return;
    const version = retained.lastVersion + 1n;
    const { error } = await this.attempt('backup', () => this.store.putBackup(KEY, `${version}`, BACKUP));
    if (error === undefined) this.tell(`backup ${version}`);
    const size = this.random(400);
    // A digest that nobody else comes upon.
    const chain = frames.digest(recordFrame(version, this.writer, size, this.chain, (this.sequence += 1n)));
    this.tell(`starting ${version} ${chain}`);
    const { value } = await this.attempt('reset', () =>
      this.store.reset(KEY, version, snapshotFrame(version, size, chain)),
    );
    if (value?.kind === 'done') this.tell(`started ${version} ${chain}`);
  }

  async snapshot() {
    const bytes = snapshotFrame(this.head, 40 + this.random(700), this.chain);
    const { error } = await this.attempt('snapshot', () => this.store.putSnapshot(KEY, this.head, bytes));
    if (error === undefined) this.tell(`snapshot ${this.head}`);
    if (!values.keep) await this.attempt('trim', () => this.store.trim(KEY, this.head));
  }
}

async function run(folder, start) {
  const worker = new Worker(folder, Number(values.writer), Number(values.seed));
  worker.tell(start);
  for (let round = 1; round <= Number(values.appends); round += 1) {
    await worker.round(round);
    if (values.stop && worker.failed) break;
  }
  await worker.store.close();
  worker.tell('done');
  fs.closeSync(worker.acks);
}

if (values.wait) {
  fs.writeSync(1, 'ready\n');
  fs.readSync(0, Buffer.alloc(16));
}
if (values.fail === undefined) {
  await run(values.folder, '');
} else {
  for (const call of values.calls.split(',')) {
    const folder = path.join(values.folder, call);
    fs.mkdirSync(folder);
    await run(folder, `!fail ${call} ${values.fail}`);
  }
}
