/**
 * A place that keeps the journals of pipelines: it moves bytes and decides nothing.
 *
 * A key is 1 to 512 bytes of UTF-8 without NUL. Several stores, in this process or another, may work on the same
 * journals at once. Every method rejects with a {@link StoreError} and nothing else.
 */
export interface Store {
  /**
   * The newest snapshot and the gapless tail after it. It may be stale, never torn, and holds at least what this store
   * object was told to be there. A key that nobody wrote is an empty journal.
   */
  read(key: string): Promise<StoredJournal>;
  /** The records with this version and above. */
  readFrom(key: string, version: bigint): Promise<StoredTail>;
  /**
   * Commits the bytes at a version if that version was never written: the only commit point. Of all the appends of one
   * version, by whomever and for all time, at most one is `appended`; it is durable when the promise is fulfilled.
   */
  append(key: string, version: bigint, bytes: Uint8Array): Promise<'appended' | 'taken'>;
  /** Stores a snapshot of the journal as it was at a version, durably. */
  putSnapshot(key: string, version: bigint, bytes: Uint8Array): Promise<void>;
  /** Allows the store to drop records up to a version that a snapshot covers. What is dropped stays taken for ever. */
  trim(key: string, upTo: bigint): Promise<void>;
  /** Keys that have a journal and start with `prefix`, in byte order, after `cursor`. */
  list(prefix: string, cursor: string | undefined, limit: number): Promise<KeyPage>;
  /** Overwrites the sign of life of one worker. Advisory: last writer wins, a crash may lose it. */
  beat(key: string, worker: string, bytes: Uint8Array): Promise<void>;
  /** The last beat of each worker, by worker in byte order. */
  beats(key: string): Promise<StoredBeat[]>;
  /** Everything that can still be read, damaged or not, for verification, repair and history. */
  readAll(key: string): Promise<StoredRetained>;
  /**
   * Starts the journal anew with the bytes as its snapshot at a version. What it had is set aside, not deleted. It works
   * on damaged journals, and makes one that does not exist yet. `taken` when that version or a later one was ever
   * written. Afterwards every version up to it is taken for ever, and whoever has the old journal open loses.
   */
  reset(key: string, version: bigint, bytes: Uint8Array): Promise<StoredReset>;
  /**
   * Keeps bytes beside the journal, durably, whole or not at all. The same bytes again change nothing, others are refused.
   * A name is 1 to 200 bytes of `[A-Za-z0-9._-]`, not starting with a dot.
   */
  putBackup(key: string, name: string, bytes: Uint8Array): Promise<void>;
  /** What is kept beside the journal, in byte order of name. */
  backups(key: string): Promise<StoredBackup[]>;
  /** What is kept beside the journal under this name. */
  readBackup(key: string, name: string): Promise<Uint8Array | undefined>;
  /** Removes what is kept beside the journal under this name. That there is nothing is fine. */
  deleteBackup(key: string, name: string): Promise<void>;
  /** Whether other writers are milliseconds away, so that a lost race is tried again at once. */
  readonly isLocal: boolean;
  /** Lets go of files and connections. Nothing is written by it. */
  close(): Promise<void>;
}

/** Bytes and their version. */
export interface VersionedBytes {
  /** Position in the journal, from 1; of a snapshot, the last version that is folded into it. */
  readonly version: bigint;
  /** The bytes as they were given to the store. */
  readonly bytes: Uint8Array;
}

/** Bytes that the store found damaged, skipped and kept. None of them was ever acknowledged. */
export interface StoredDamage {
  /** What is damaged. */
  readonly what: string;
  /** Where: a file and an offset. */
  readonly place: string;
}

/** The answer to {@link Store.read}. */
export interface StoredJournal {
  /** The newest whole snapshot, if there is one. */
  readonly snapshot: VersionedBytes | undefined;
  /** The records after the snapshot, ascending, without a gap. */
  readonly tail: readonly VersionedBytes[];
  /** Damage that was stepped over. */
  readonly damage: readonly StoredDamage[];
}

/** The answer to {@link Store.readFrom}: records, or word that some of them are gone. */
export type StoredTail =
  | { readonly kind: 'records'; readonly records: readonly VersionedBytes[]; readonly damage: readonly StoredDamage[] }
  | {
      readonly kind: 'trimmed';
      /** The lowest version that is still there as a record, or that the next one would get. */
      readonly floor: bigint;
    };

/** The answer to {@link Store.readAll}. */
export interface StoredRetained {
  /** The whole snapshots, by version, ascending. */
  readonly snapshots: readonly VersionedBytes[];
  /** The records, by version, ascending: of each version the one that won. Where there is damage there may be gaps. */
  readonly records: readonly VersionedBytes[];
  /** The last version that was ever taken, as far as the store can tell, also where its record is damaged. */
  readonly lastVersion: bigint;
  /** What cannot be read. */
  readonly damage: readonly StoredDamage[];
}

/** The answer to {@link Store.reset}. */
export type StoredReset =
  | {
      readonly kind: 'done';
      /** Where the old journal is now, in words for people; absent when there was none. */
      readonly setAside: string | undefined;
    }
  | { readonly kind: 'taken' };

/** Something that is kept beside a journal. */
export interface StoredBackup {
  /** Its name. */
  readonly name: string;
  /** How much it is. */
  readonly sizeBytes: bigint;
}

/** One page of keys. */
export interface KeyPage {
  /** Keys in byte order. */
  readonly keys: readonly string[];
  /** The cursor of the next page; absent at the end. */
  readonly next: string | undefined;
}

/** The last beat of a worker. */
export interface StoredBeat {
  /** Name of the worker. */
  readonly worker: string;
  /** The bytes that it wrote last. */
  readonly bytes: Uint8Array;
}
