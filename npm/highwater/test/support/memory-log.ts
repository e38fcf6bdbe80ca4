import type { Value } from '../../dist/index.js';
import type { Source, SourceRecord, TransactionalSink } from '../../dist/streams/index.js';

/** What is called before each thing that a source or a sink does; it may throw, or never come back. */
export type Point = (name: string) => Promise<void>;

/** Reads numbered records of some partitions, a few at a time. */
export class MemorySource implements Source<string> {
  readonly #partitions: readonly (readonly string[])[];
  readonly #batch: number;
  readonly #point: Point;
  #offsets: number[] = [];

  constructor(partitions: readonly (readonly string[])[], batch: number, point: Point = async () => {}) {
    this.#partitions = partitions;
    this.#batch = batch;
    this.#point = point;
  }

  async seek(positions: ReadonlyMap<string, Value>): Promise<void> {
    this.#offsets = this.#partitions.map((_, partition) => Number(positions.get(`in/${partition}`) ?? 0n));
  }

  async read(): Promise<SourceRecord<string>[] | undefined> {
    await this.#point('read');
    const left = (partition: number) => this.#partitions[partition]!.length - this.#offsets[partition]!;
    const turns = this.#offsets
      .map((offset, partition) => ({ offset, partition }))
      .filter((it) => left(it.partition) > 0);
    const turn = turns.sort((a, b) => a.offset - b.offset)[0];
    if (turn === undefined) return undefined;
    const { offset, partition } = turn;
    const records = this.#partitions[partition]!.slice(offset, offset + this.#batch);
    this.#offsets[partition]! += records.length;
    return records.map((record, index) => ({
      partition: `in/${partition}`,
      next: BigInt(offset + index + 1),
      record,
    }));
  }
}

/** What outlives the process: what is committed, and what is prepared. */
export class MemoryLog {
  readonly committed: string[] = [];
  readonly prepared = new Map<string, readonly string[]>();
  transactions = 0;
  /** The newest start that has begun. */
  start = 0n;
}

/** Writes into a log. */
export class MemorySink implements TransactionalSink<string> {
  readonly #log: MemoryLog;
  readonly #point: Point;
  #open: string[] | undefined;

  constructor(log: MemoryLog, point: Point = async () => {}) {
    this.#log = log;
    this.#point = point;
  }

  async begin(start: bigint): Promise<void> {
    await this.#point('begin');
    if (start < this.#log.start) throw new Error(`start ${this.#log.start} has begun, and this is ${start}`);
    if (start > this.#log.start) this.#log.prepared.clear();
    this.#log.start = start;
    this.#open = [];
  }

  async write(outputs: readonly string[]): Promise<void> {
    await this.#point('write');
    if (this.#open === undefined) throw new Error('there is no open transaction');
    this.#open.push(...outputs);
  }

  async preCommit(): Promise<Uint8Array | undefined> {
    await this.#point('before preCommit');
    const outputs = this.#open!;
    this.#open = undefined;
    if (outputs.length === 0) return undefined;
    this.#log.transactions += 1;
    const id = `t${this.#log.transactions}`;
    this.#log.prepared.set(id, outputs);
    await this.#point('after preCommit');
    return Buffer.from(id);
  }

  async commit(transaction: Uint8Array): Promise<void> {
    await this.#point('before commit');
    const id = Buffer.from(transaction).toString();
    this.#log.committed.push(...(this.#log.prepared.get(id) ?? []));
    this.#log.prepared.delete(id);
    await this.#point('after commit');
  }

  async abort(transaction: Uint8Array): Promise<void> {
    await this.#point('abort');
    this.#log.prepared.delete(Buffer.from(transaction).toString());
  }
}
