import { fileURLToPath } from 'node:url';
import { describe, text, uint32 } from './check.js';
import { InvalidError } from './errors.js';
import { fromStore, Highwater } from './highwater.js';
import type { OpenOptions } from './open-options.js';
import type { Store } from './stores/contract.js';
import { FileStore } from './stores/file.js';
import { MemoryStore } from './stores/memory.js';

/**
 * Opens the state of pipelines.
 *
 * ```ts
 * await using hw = await open('file:./state');
 * ```
 * @param where - `file:` and a path, relative to the working directory or absolute; `memory:`; or a {@link Store}.
 * @throws InvalidError if there is no such kind of store, or if the directory is on a network file system.
 */
export async function open(where: string | URL | Store, options: OpenOptions = {}): Promise<Highwater> {
  for (const name of ['residentPipelines', 'snapshotMinBytes', 'segmentBytes'] as const) {
    if (options[name] !== undefined) uint32(options[name], `\`${name}\``);
  }
  try {
    return new Highwater(storeOf(where, options), options);
  } catch (error) {
    throw fromStore(error);
  }
}

function storeOf(where: string | URL | Store, { segmentBytes }: OpenOptions): Store {
  if (typeof where === 'object' && where !== null && 'append' in where) return where;
  const location = text(where instanceof URL ? where.href : where, 'the place of the store');
  if (location === 'memory:') return new MemoryStore();
  if (!location.startsWith('file:')) {
    throw new InvalidError(`there is no store at ${describe(location)}; write \`file:./state\` or \`memory:\``);
  }
  const path = location.startsWith('file://') ? fileURLToPath(location) : location.slice('file:'.length);
  if (path === '') throw new InvalidError('`file:` needs a path, for example `file:./state`');
  if (path.includes('\0')) throw new InvalidError(`the path ${describe(path)} contains a NUL character; leave it out`);
  return new FileStore(path, segmentBytes === undefined ? {} : { segmentBytes });
}
