/**
 * Why a store could not do what it was asked:
 *
 * - `unavailable`: it did not work this time, and nothing happened
 * - `unknown`: it did not work, and the write may have happened all the same
 * - `denied`: refused on grounds of rights
 * - `corrupt`: stored bytes are damaged
 * - `unsupported`: the call is outside the contract
 */
export type StoreFailure = 'unavailable' | 'unknown' | 'denied' | 'corrupt' | 'unsupported';

/** The error of a {@link Store}. The message says what was wrong, where, and what to do next. */
export class StoreError extends Error {
  /** What kind of failure it is. */
  readonly failure: StoreFailure;

  /** @param failure - what kind of failure it is. @param message - what was wrong, where, and what to do next. */
  constructor(failure: StoreFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.failure = failure;
  }
}

/** Damage at a place. @internal */
export function corrupt(what: string, place: string, cause?: unknown): StoreError {
  return new StoreError('corrupt', `${what} (${place})`, { cause });
}

/** The refusal of an append above the version after the last one. @internal */
export function gap(key: string, version: bigint, head: bigint): StoreError {
  return new StoreError(
    'unsupported',
    `version ${version} cannot be appended to \`${key}\`: its last version is ${head}, so this would leave a gap; ` +
      `read the journal again and append version ${head + 1n}`,
  );
}

/** The refusal of other bytes under the name of a backup. @internal */
export function backupDiffers(key: string, name: string): StoreError {
  return new StoreError(
    'unsupported',
    `a backup of \`${key}\` with the name \`${name}\` exists and holds something else: a backup never changes; ` +
      'choose another name, or delete that one first',
  );
}

/** The refusal of a snapshot above the last version. @internal */
export function snapshotAboveHead(key: string, version: bigint, head: bigint): StoreError {
  return new StoreError(
    'unsupported',
    `a snapshot of \`${key}\` at version ${version} cannot be stored: its last version is ${head}, and a snapshot ` +
      'above it would stand for records that do not exist; append them first',
  );
}
