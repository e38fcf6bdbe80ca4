// Checks, repair and backups. Each of these operations is carried out alone, without others and without a dedupe key.
import { flag, optionalText, options, text, uint32, uint64 } from '../check.js';
import {
  type BackedUp,
  backedUp,
  type BackupInfo,
  backupInfo,
  integrity,
  type Integrity,
  repaired,
  type Repaired,
  type Validation,
} from '../views/maintenance.js';
import type { Done } from '../views/shared.js';
import type { ByHand } from './hwms.js';
import { type Operation, operation, same } from './operation.js';

/** What is done by hand, or only planned; a plan needs no reason. */
export type PlannedByHand =
  | (ByHand & {
      /** Only say what would happen. */
      readonly dryRun?: boolean | undefined;
    })
  | (Partial<ByHand> & { readonly dryRun: true });

/** What a backup is called, and how many others stay. */
export interface BackupOptions {
  /** A word that becomes part of the id: letters, digits, `.`, `_` and `-`. */
  readonly name?: string | undefined;
  /** Backups to keep, this one counted: the oldest beyond them are deleted. Left out, all are kept. */
  readonly keep?: number | undefined;
  /** Older backups are deleted, in milliseconds. Left out, all are kept. */
  readonly keepMs?: number | undefined;
}

/** Checks the state against its own rules. */
export function validate(): Operation<Validation> {
  return operation({ tag: 'validate' }, 'validation', same<Validation>);
}

/** Reads everything that the store still holds and checks it, whether or not the journal opens. */
export function verifyIntegrity(): Operation<Integrity> {
  return operation({ tag: 'verify-integrity' }, 'integrity', integrity);
}

/** Makes a damaged journal open again with what can still be read. */
export function repair(how: PlannedByHand): Operation<Repaired> {
  return operation({ tag: 'repair', val: plannedByHand(how) }, 'repaired', repaired);
}

/** Pins the state of the head under an id. */
export function backup(given: BackupOptions = {}): Operation<BackedUp> {
  const { name, keep, keepMs } = options(given, 'a backup');
  const val = {
    name: optionalText(name, 'the name of the backup'),
    keep: keep === undefined ? undefined : uint32(keep, '`keep`'),
    keepMs: keepMs === undefined ? undefined : uint64(keepMs, '`keepMs`'),
  };
  return operation({ tag: 'backup', val }, 'backed-up', backedUp);
}

/** The backups, newest first. */
export function listBackups(): Operation<BackupInfo[]> {
  return operation({ tag: 'list-backups' }, 'backups', (backups) => backups.map(backupInfo));
}

/** Deletes a backup. One that is not there is deleted already. */
export function deleteBackup(id: string): Operation<Done> {
  return operation({ tag: 'delete-backup', val: { id: text(id, 'the id of the backup') } }, 'done', same<Done>);
}

/** @internal */
export function plannedByHand(how: PlannedByHand): { reason: string; actor: string | undefined; dryRun: boolean } {
  const { reason, actor, dryRun: given } = options(how, 'the reason');
  const dryRun = flag(given, '`dryRun`');
  return {
    reason: dryRun && reason === undefined ? '' : text(reason, 'the reason'),
    actor: optionalText(actor, 'the actor'),
    dryRun,
  };
}
