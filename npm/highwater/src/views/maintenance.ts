import type { answers } from '../engine.js';
import { type LogRecord, logRecord } from './pipeline.js';
import { toDate } from './run.js';

/** A state measured against its own rules. */
export interface Validation {
  /** Version of the state that was checked. */
  readonly version: bigint;
  /** Rules that do not hold; empty if all is well. */
  readonly problems: readonly Problem[];
  /** Runs kept. */
  readonly runs: bigint;
  /** Nodes of those runs. */
  readonly nodes: bigint;
  /** Attempts of those nodes. */
  readonly attempts: bigint;
  /** HWMs. */
  readonly hwms: bigint;
  /** Leases that are held. */
  readonly leases: bigint;
}

/** A rule that a state does not keep. */
export interface Problem {
  /** What is wrong. */
  readonly what: string;
  /** The row that it was found at. */
  readonly place: string;
}

/** What a store still holds of a journal, checked. */
export interface Integrity {
  /** Oldest version that is retained, as a record or a snapshot; 0 if there is nothing. */
  readonly firstVersion: bigint;
  /** Newest version that is retained. */
  readonly lastVersion: bigint;
  /** Whole records. */
  readonly records: bigint;
  /** Bytes of whole records and snapshots. */
  readonly bytes: bigint;
  /** Versions of the whole snapshots, oldest first. */
  readonly snapshots: readonly bigint[];
  /** The first record that is missing, unreadable, or does not continue the one before; absent if there is none. */
  readonly firstBad: Damaged | undefined;
  /** Everything that is wrong, the first bad record included; empty if all is well. */
  readonly damage: readonly Damaged[];
}

/** Something that is damaged in the store. */
export interface Damaged {
  /** The version that it belongs to, where that can be said. */
  readonly version: bigint | undefined;
  /** What is wrong. */
  readonly what: string;
  /** Where: for example the file and the offset. */
  readonly place: string;
}

/** A repair, done or only planned. */
export interface Repaired {
  /** False if nothing of the journal is damaged; then nothing was done. */
  readonly needed: boolean;
  /** False if nothing was written. */
  readonly applied: boolean;
  /** Version of the snapshot or backup that the repaired state starts from; 0 if it starts from the first record. */
  readonly from: bigint;
  /** Everything up to this version is in the repaired state. */
  readonly keptUpTo: bigint;
  /** Versions whose effect is lost. */
  readonly lost: readonly LostRange[];
  /** The lost records that can still be read, in order: what they say must be done again by hand. */
  readonly lostRecords: readonly LogRecord[];
  /** True if there are more readable lost records than are listed. */
  readonly truncated: boolean;
  /** Version at which the repaired journal begins; the same as `keptUpTo` if no repair is needed. */
  readonly newVersion: bigint;
  /** Where the damaged journal is kept, if something was written. */
  readonly setAside: string | undefined;
}

/** Versions from one to another, both included. */
export interface LostRange {
  /** First version. */
  readonly from: bigint;
  /** Last version. */
  readonly to: bigint;
}

/** A backup as it stands. */
export interface BackupInfo {
  /** Id: time, version and name. */
  readonly id: string;
  /** Version whose state it holds. */
  readonly version: bigint;
  /** When it was made, in whole seconds. */
  readonly takenAt: Date;
  /** Its name, if it was given one. */
  readonly name: string | undefined;
  /** Its size, in bytes. */
  readonly sizeBytes: bigint;
}

/** A backup was made. */
export interface BackedUp {
  /** The new backup. */
  readonly backup: BackupInfo;
  /** Ids of the backups that were deleted to keep no more, or no older ones, than asked for; oldest first. */
  readonly deleted: readonly string[];
}

/** @internal */
export function integrity({ snapshots, ...same }: answers.Integrity): Integrity {
  return { ...same, snapshots: [...snapshots] } as Integrity;
}

/** @internal */
export function repaired({ lostRecords, ...same }: answers.Repaired): Repaired {
  return { ...same, lostRecords: lostRecords.map(logRecord) } as Repaired;
}

/** @internal */
export function backupInfo({ takenAtMs, ...same }: answers.BackupInfo): BackupInfo {
  return { ...same, takenAt: toDate(takenAtMs) } as BackupInfo;
}

/** @internal */
export function backedUp({ backup, deleted }: answers.BackedUp): BackedUp {
  return { backup: backupInfo(backup), deleted };
}
