import type { Stream } from '../stream.js';
import type { PartStore } from './parts.js';

/** Deletes all parts that no checkpoint needs any more, and says so. Gives how many it were. */
export async function reclaim(stream: Stream, parts: PartStore): Promise<number> {
  let count = 0;
  let deleted: string[] = [];
  do {
    const { parts: reclaimable } = await stream.reclaim(deleted);
    deleted = reclaimable.map(({ name }) => name);
    for (const name of deleted) await parts.delete(name);
    count += deleted.length;
  } while (deleted.length > 0);
  return count;
}
