import { optionalText, text, uint64 } from './check.js';
import type { Inspection, Outcome, Request } from './engine.js';
import type { Inspector } from './inspector.js';
import type { Store, StoredDamage, StoredRetained, VersionedBytes } from './stores/contract.js';
import { StoreError } from './stores/error.js';

/** What came of a request, and the damage that the engine has no word for. */
export interface Performed {
  readonly outcome: Outcome;
  readonly damage: string[];
}

/** Performs a request of the engine on a store. It never rejects: what goes wrong is an outcome too. */
export async function perform(store: Store, request: Request): Promise<Performed> {
  try {
    return await performed(store, request);
  } catch (error) {
    return { outcome: { tag: 'failed', val: failureOf(error) }, damage: [] };
  }
}

/** Looks at an artifact. It never rejects: whoever breaks down knows nothing. */
export async function inspect(inspector: Inspector, { uri, withDigest }: Inspection): Promise<Performed> {
  try {
    const found = await inspector(uri, { withDigest });
    switch (found.kind) {
      case 'missing':
        return only({ tag: 'artifact', val: { tag: 'missing' } });
      case 'unknown':
        return only({ tag: 'artifact', val: { tag: 'unknown', val: text(found.why, '`why` of the inspector') } });
      case 'found': {
        const sizeBytes = found.sizeBytes === undefined ? undefined : uint64(found.sizeBytes, '`sizeBytes`');
        const digest = optionalText(found.digest, '`digest`');
        return only({ tag: 'artifact', val: { tag: 'found', val: { sizeBytes, digest } } });
      }
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return only({ tag: 'artifact', val: { tag: 'unknown', val: `the inspector failed: ${message}` } });
  }
}

async function performed(store: Store, { pipeline, operation }: Request): Promise<Performed> {
  switch (operation.tag) {
    case 'append': {
      const { version, bytes } = operation.val;
      return only({ tag: await store.append(pipeline, version, bytes) });
    }
    case 'read': {
      const { snapshot, tail, damage } = await store.read(pipeline);
      const words = damage.map(inWords);
      return only({ tag: 'journal', val: { snapshot: snapshot?.bytes, tail: bytesOf(tail), damage: words } });
    }
    case 'read-from': {
      const tail = await store.readFrom(pipeline, operation.val);
      // The store names the first version that is left, the engine wants the last one that is gone.
      if (tail.kind === 'trimmed') return only({ tag: 'trimmed', val: tail.floor > 0n ? tail.floor - 1n : 0n });
      return { outcome: { tag: 'tail', val: bytesOf(tail.records) }, damage: tail.damage.map(inWords) };
    }
    case 'put-snapshot':
      await store.putSnapshot(pipeline, operation.val.version, operation.val.bytes);
      return only({ tag: 'done' });
    case 'trim':
      await store.trim(pipeline, operation.val);
      return only({ tag: 'done' });
    case 'beat':
      await store.beat(pipeline, operation.val.worker, operation.val.bytes);
      return only({ tag: 'done' });
    case 'beats': {
      const beats = await store.beats(pipeline);
      return only({ tag: 'beats', val: beats.map(({ worker, bytes }) => [worker, bytes]) });
    }
    case 'read-all':
      return only({ tag: 'retained', val: writable(await store.readAll(pipeline)) });
    case 'reset': {
      const reset = await store.reset(pipeline, operation.val.version, operation.val.bytes);
      return only(reset.kind === 'taken' ? { tag: 'taken' } : { tag: 'reset', val: reset.setAside });
    }
    case 'put-backup':
      await store.putBackup(pipeline, operation.val.name, operation.val.bytes);
      return only({ tag: 'done' });
    case 'backups':
      return only({ tag: 'backups', val: await store.backups(pipeline) });
    case 'read-backup':
      return only({ tag: 'backup', val: await store.readBackup(pipeline, operation.val) });
    case 'inspect-artifact':
      throw new StoreError('unsupported', 'a store does not look at artifacts');
    case 'delete-backup':
      await store.deleteBackup(pipeline, operation.val);
      return only({ tag: 'done' });
  }
}

/** The engine's types have no read-only lists. */
function writable(retained: StoredRetained): Extract<Outcome, { tag: 'retained' }>['val'] {
  const { snapshots, records, lastVersion, damage } = retained;
  return { snapshots: [...snapshots], records: [...records], lastVersion, damage: [...damage] };
}

function only(outcome: Outcome): Performed {
  return { outcome, damage: [] };
}

function failureOf(error: unknown): Extract<Outcome, { tag: 'failed' }>['val'] {
  if (error instanceof StoreError) return { kind: error.failure, message: error.message };
  // A store that breaks its contract may have done anything.
  return { kind: 'unknown', message: error instanceof Error ? error.message : String(error) };
}

function inWords({ what, place }: StoredDamage): string {
  return `${what} (${place})`;
}

function bytesOf(versioned: readonly VersionedBytes[]): Uint8Array[] {
  return versioned.map(({ bytes }) => bytes);
}
