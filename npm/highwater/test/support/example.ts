import { mkdirSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const EXAMPLE = new URL('../../../../examples/streams/node/', import.meta.url);

/** What tests read of the log of the example. */
export interface FileLog {
  append(partition: number, records: readonly unknown[]): Promise<void>;
  all(partition: number): Promise<unknown[]>;
}

/** The script of the example, which finds this package as after `npm install`. */
export function wordCountScript(): string {
  mkdirSync(new URL('node_modules/', EXAMPLE), { recursive: true });
  try {
    symlinkSync(fileURLToPath(new URL('../..', import.meta.url)), new URL('node_modules/highwater', EXAMPLE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return fileURLToPath(new URL('word-count.js', EXAMPLE));
}

/** The log of the example. */
export async function fileLog(folder: string): Promise<FileLog> {
  const module = (await import(new URL('file-log.js', EXAMPLE).href)) as {
    FileLog: new (folder: string, partitions: number) => FileLog;
  };
  return new module.FileLog(folder, 2);
}
