import { StoreError, type StoreFailure } from '../error.js';

const DENIED = new Set(['EACCES', 'EPERM', 'EROFS']);
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Whether an error says that there is no room. */
export function isFull(error: unknown): boolean {
  return FULL.has(codeOf(error) ?? '');
}

/** Whether an error says that the rights are not enough. */
export function isDenied(error: unknown): boolean {
  return DENIED.has(codeOf(error) ?? '');
}

/**
 * Whether an error of a flush means that something is only in memory, and not that there is nothing to flush: on a disk that
 * the kernel made read-only after an error, what was written last can still be read, and is not there any more when it is
 * mounted again.
 */
export function leavesUnflushed(error: unknown): boolean {
  return isFull(error) || ['EROFS', 'EIO'].includes(codeOf(error) ?? '');
}

/** The `code` of an error of the operating system, for example `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether an error says that a file or folder is not there. */
export function isMissing(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/**
 * What an error of the operating system means for the caller of a store: by its code, or `unknown` where the operation may
 * have happened whatever the code says.
 */
export function failureOf(
  error: unknown,
  doing: string,
  path: string,
  certainty: 'failed' | 'unknown' = 'failed',
): StoreError {
  if (error instanceof StoreError) return error;
  const code = codeOf(error) ?? '';
  const said = error instanceof Error ? error.message : String(error);
  const [failure, advice] = meaningOf(code);
  const message = `cannot ${doing} ${path}: ${said}; ${advice}`;
  return new StoreError(certainty === 'unknown' ? 'unknown' : failure, message, { cause: error });
}

function meaningOf(code: string): [StoreFailure, string] {
  if (DENIED.has(code)) return ['denied', 'give this user the right to read and write the state directory'];
  if (FULL.has(code)) return ['unavailable', 'make room on the disk and try again; what was acknowledged is safe'];
  if (code === 'ENOTDIR' || code === 'EEXIST') return ['unsupported', 'a file stands where a folder should be'];
  if (code === 'EMFILE' || code === 'ENFILE') return ['unavailable', 'raise the limit of open files'];
  return ['unavailable', 'check the disk and try again'];
}
