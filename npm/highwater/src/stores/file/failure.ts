import { StoreError, type StoreFailure } from '../error.js';

const DENIED = new Set(['EACCES', 'EPERM', 'EROFS']);
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The `code` of an error of the operating system, for example `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether an error says that a file or folder is not there. */
export function isMissing(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** What an error of the operating system means for the caller of a store. `otherwise` is for those without a rule. */
export function failureOf(
  error: unknown,
  doing: string,
  path: string,
  otherwise: StoreFailure = 'unavailable',
): StoreError {
  if (error instanceof StoreError) return error;
  const code = codeOf(error) ?? '';
  const said = error instanceof Error ? error.message : String(error);
  const say = (failure: StoreFailure, advice: string) =>
    new StoreError(failure, `cannot ${doing} ${path}: ${said}; ${advice}`, { cause: error });
  if (DENIED.has(code)) return say('denied', 'give this user the right to read and write the state directory');
  if (FULL.has(code)) return say('unavailable', 'make room on the disk and try again; what was acknowledged is safe');
  if (code === 'ENOTDIR' || code === 'EEXIST') return say('unsupported', 'a file stands where a folder should be');
  if (code === 'EMFILE' || code === 'ENFILE') return say(otherwise, 'raise the limit of open files');
  return say(otherwise, 'check the disk and try again');
}
