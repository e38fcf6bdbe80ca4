import {
  checkBackup,
  checkBeat,
  checkKey,
  checkReset,
  checkVersion,
  checkWorker,
  compareUtf8,
  pageLimit,
} from './check.js';
import type {
  KeyPage,
  Store,
  StoredBackup,
  StoredBeat,
  StoredJournal,
  StoredReset,
  StoredRetained,
  StoredTail,
  VersionedBytes,
} from './contract.js';
import { backupDiffers, gap, snapshotAboveHead } from './error.js';

class MemoryJournal {
  /** How many of the first versions were dropped. */
  trimmed = 0n;
  /** The records from version `trimmed + 1` on. */
  records: Uint8Array[] = [];
  snapshot: VersionedBytes | undefined;
  readonly beats = new Map<string, Uint8Array>();
  readonly backups = new Map<string, Uint8Array>();
  /** The journals before the resets, oldest first: what was set aside is not deleted. */
  readonly setAside: { trimmed: bigint; records: Uint8Array[]; snapshot: VersionedBytes | undefined }[] = [];

  get head(): bigint {
    return this.trimmed + BigInt(this.records.length);
  }

  recordsFrom(version: bigint): VersionedBytes[] {
    const skipped = version > this.trimmed + 1n ? version - this.trimmed - 1n : 0n;
    if (skipped >= BigInt(this.records.length)) return [];
    const first = this.trimmed + skipped + 1n;
    return this.records.slice(Number(skipped)).map((bytes, index) => ({ version: first + BigInt(index), bytes }));
  }

  reset(key: string, version: bigint, bytes: Uint8Array): StoredReset {
    const { head, trimmed, records, snapshot } = this;
    if (version <= head) return { kind: 'taken' };
    this.trimmed = version;
    this.records = [];
    this.snapshot = { version, bytes };
    if (head === 0n) return { kind: 'done', setAside: undefined };
    this.setAside.push({ trimmed, records, snapshot });
    const number = this.setAside.length;
    return { kind: 'done', setAside: `in memory, as journal ${number} that was set aside of \`${key}\`` };
  }
}

/**
 * Keeps journals in memory. For tests, and for work that need not outlive the process.
 */
export class MemoryStore implements Store {
  readonly #journals: Map<string, MemoryJournal>;
  /** Memory is as near as it gets. */
  readonly isLocal = true;

  /** @param other - shares the journals of this one, as two processes share a directory; absent makes an empty store. */
  constructor(other?: MemoryStore) {
    this.#journals = other === undefined ? new Map() : other.#journals;
  }

  /** {@inheritDoc Store.read} */
  async read(key: string): Promise<StoredJournal> {
    checkKey(key);
    const journal = this.#journals.get(key);
    if (journal === undefined) return { snapshot: undefined, tail: [], damage: [] };
    const tail = journal.recordsFrom((journal.snapshot?.version ?? 0n) + 1n);
    return { snapshot: journal.snapshot, tail, damage: [] };
  }

  /** {@inheritDoc Store.readFrom} */
  async readFrom(key: string, version: bigint): Promise<StoredTail> {
    checkKey(key);
    const journal = this.#journals.get(key);
    if (journal === undefined) return { kind: 'records', records: [], damage: [] };
    const from = version < 1n ? 1n : version;
    if (from <= journal.trimmed) return { kind: 'trimmed', floor: journal.trimmed + 1n };
    return { kind: 'records', records: journal.recordsFrom(from), damage: [] };
  }

  /** {@inheritDoc Store.append} */
  async append(key: string, version: bigint, bytes: Uint8Array): Promise<'appended' | 'taken'> {
    checkVersion(key, version);
    const head = this.#journals.get(key)?.head ?? 0n;
    if (version <= head) return 'taken';
    if (version > head + 1n) throw gap(key, version, head);
    this.#journal(key).records.push(new Uint8Array(bytes));
    return 'appended';
  }

  /** {@inheritDoc Store.putSnapshot} */
  async putSnapshot(key: string, version: bigint, bytes: Uint8Array): Promise<void> {
    checkVersion(key, version);
    const journal = this.#journals.get(key);
    const head = journal?.head ?? 0n;
    if (journal === undefined || version > head) throw snapshotAboveHead(key, version, head);
    if (journal.snapshot === undefined || journal.snapshot.version < version) {
      journal.snapshot = { version, bytes: new Uint8Array(bytes) };
    }
  }

  /** {@inheritDoc Store.trim} */
  async trim(key: string, upTo: bigint): Promise<void> {
    checkKey(key);
    const journal = this.#journals.get(key);
    if (journal?.snapshot === undefined) return;
    const last = upTo < journal.snapshot.version ? upTo : journal.snapshot.version;
    if (last <= journal.trimmed) return;
    // A snapshot is never above the head, so this is within the records.
    journal.records.splice(0, Number(last - journal.trimmed));
    journal.trimmed = last;
  }

  /** {@inheritDoc Store.list} */
  async list(prefix: string, cursor: string | undefined, limit: number): Promise<KeyPage> {
    const size = pageLimit(limit);
    const keys = [...this.#journals]
      .filter(([key, journal]) => journal.head > 0n && key.startsWith(prefix))
      .map(([key]) => key)
      .filter((key) => cursor === undefined || compareUtf8(key, cursor) > 0)
      .sort(compareUtf8);
    const page = keys.slice(0, size);
    return { keys: page, next: keys.length > size ? page.at(-1) : undefined };
  }

  /** {@inheritDoc Store.beat} */
  async beat(key: string, worker: string, bytes: Uint8Array): Promise<void> {
    checkKey(key);
    checkWorker(worker);
    checkBeat(bytes);
    const { beats } = this.#journal(key);
    if (bytes.length === 0) beats.delete(worker);
    else beats.set(worker, new Uint8Array(bytes));
  }

  /** {@inheritDoc Store.beats} */
  async beats(key: string): Promise<StoredBeat[]> {
    checkKey(key);
    const beats = [...(this.#journals.get(key)?.beats ?? [])].map(([worker, bytes]) => ({ worker, bytes }));
    return beats.sort((left, right) => compareUtf8(left.worker, right.worker));
  }

  /** {@inheritDoc Store.readAll} */
  async readAll(key: string): Promise<StoredRetained> {
    checkKey(key);
    const journal = this.#journals.get(key);
    if (journal === undefined) return { snapshots: [], records: [], lastVersion: 0n, damage: [] };
    const snapshots = journal.snapshot === undefined ? [] : [journal.snapshot];
    return { snapshots, records: journal.recordsFrom(1n), lastVersion: journal.head, damage: [] };
  }

  /** {@inheritDoc Store.reset} */
  async reset(key: string, version: bigint, bytes: Uint8Array): Promise<StoredReset> {
    checkReset(key, version);
    return this.#journal(key).reset(key, version, new Uint8Array(bytes));
  }

  /** {@inheritDoc Store.putBackup} */
  async putBackup(key: string, name: string, bytes: Uint8Array): Promise<void> {
    checkBackup(key, name);
    const { backups } = this.#journal(key);
    const kept = backups.get(name);
    if (kept === undefined) backups.set(name, new Uint8Array(bytes));
    else if (Buffer.compare(kept, bytes) !== 0) throw backupDiffers(key, name);
  }

  /** {@inheritDoc Store.backups} */
  async backups(key: string): Promise<StoredBackup[]> {
    checkKey(key);
    const backups = [...(this.#journals.get(key)?.backups ?? [])];
    return backups
      .map(([name, bytes]) => ({ name, sizeBytes: BigInt(bytes.length) }))
      .sort((left, right) => compareUtf8(left.name, right.name));
  }

  /** {@inheritDoc Store.readBackup} */
  async readBackup(key: string, name: string): Promise<Uint8Array | undefined> {
    checkBackup(key, name);
    return this.#journals.get(key)?.backups.get(name);
  }

  /** {@inheritDoc Store.deleteBackup} */
  async deleteBackup(key: string, name: string): Promise<void> {
    checkBackup(key, name);
    this.#journals.get(key)?.backups.delete(name);
  }

  /** Does nothing: what is in memory stays while the store is referred to. */
  async close(): Promise<void> {}

  #journal(key: string): MemoryJournal {
    let journal = this.#journals.get(key);
    if (journal === undefined) {
      journal = new MemoryJournal();
      this.#journals.set(key, journal);
    }
    return journal;
  }
}
