import { open } from '../open.js';
import type { Store } from '../stores/contract.js';
import { MemoryStore } from '../stores/memory.js';
import type { Appending } from './fate.js';

/** What a record says, whether it came into the journal or not. Only the engine can read it, so it gets a journal that ends with it. @internal */
export async function factsOf(store: Store, { key, version, bytes }: Appending): Promise<string> {
  const { snapshot, tail } = await store.read(key);
  if ((snapshot?.version ?? 0n) > 0n) return 'a record';
  const scratch = new MemoryStore();
  for (const before of tail) if (before.version < version) await scratch.append(key, before.version, before.bytes);
  await scratch.append(key, version, bytes);
  const hw = await open(scratch, { seeds: () => [0n, 0n] });
  try {
    for await (const { facts } of hw.pipeline(key).log(version)) return facts.map(inWords).join(', ');
    return 'a record';
  } finally {
    await hw.close();
  }
}

function inWords({ name, json }: { readonly name: string; readonly json: string }): string {
  const fields = JSON.parse(json) as { readonly name?: string; readonly node?: string; readonly run?: string };
  const about = fields.name ?? fields.node ?? fields.run;
  return about === undefined ? name : `${name} \`${about}\``;
}
