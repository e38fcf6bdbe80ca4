/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Proves that a pipeline loses no row and doubles none, wherever its process dies. Begin with {@link crashTest}.
 *
 * @packageDocumentation
 */
export { crashTest, type CrashTestOptions } from './crash-test.js';
export type { Difference } from './difference.js';
export { TestKit } from './kit.js';
export { Life } from './life.js';
export { type CaseKind, type Failure, Report } from './report.js';
export { Rows } from './rows.js';
