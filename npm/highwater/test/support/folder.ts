import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';

/** A new folder that is gone when the test is over; in memory, where the disk is not the point. */
export class TemporaryFolder implements Disposable {
  readonly path: string;

  constructor(inMemory = false) {
    const parent = inMemory && existsSync(MEMORY) ? MEMORY : tmpdir();
    this.path = mkdtempSync(join(parent, 'highwater-test-'));
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
