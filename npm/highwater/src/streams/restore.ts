// What a checkpoint has of the key groups of a sub-task, read from the parts of all sub-tasks that had some of them.
import { CorruptError } from '../errors.js';
import type { AcknowledgementView, Assignment, CheckpointView, StatePart } from '../views/stream.js';
import type { Binary } from './binary.js';
import { type Chain, partsOf } from './chain.js';
import type { KeyGroupRange } from './key-group.js';
import { decodePart, partDigest, type PartEntry, stateName } from './part.js';
import type { PartStore } from './parts.js';
import { decodeSubtaskState } from './subtask-state.js';

/** @internal */
export interface Restored {
  /** Entries by the name of their state, in the order in which they are applied. */
  readonly entries: ReadonlyMap<string, readonly PartEntry[]>;
  /** The parts that these are, if they are those of this sub-task alone. */
  readonly chain: Chain | undefined;
}

/** Reads them. */
export async function readChains(
  checkpoint: CheckpointView | undefined,
  assignment: Assignment,
  groups: KeyGroupRange,
  store: PartStore,
): Promise<Restored> {
  const { operator, from } = assignment;
  const found = (checkpoint?.acknowledgements ?? []).filter(
    (it) => it.operator === operator && from.includes(it.subtask) && it.state !== undefined,
  );
  const entries = new Map<string, PartEntry[]>();
  let chain: Chain | undefined;
  for (const acknowledgement of found) {
    const what = `the state of ${operator}/${acknowledgement.subtask} in checkpoint ${checkpoint!.checkpoint}`;
    const state = decodeSubtaskState(acknowledgement.state!, what);
    const named = (name: string) => known(acknowledgement, name, what);
    const base = state.base === undefined ? undefined : named(state.base);
    const read: Chain = { base, deltas: state.deltas.map(named) };
    for (const part of partsOf(read)) await readPart(store, part, groups, what, entries);
    const isOurs = state.groups[0] === groups[0] && state.groups[1] === groups[1];
    if (found.length === 1 && isOurs) chain = read;
  }
  return { entries, chain };
}

function known(acknowledgement: AcknowledgementView, name: string, what: string): StatePart {
  const part = acknowledgement.parts.find((it) => it.name === name);
  if (part === undefined)
    throw new CorruptError(`${what} names the part \`${name}\`, which was not handed over with it`);
  return part;
}

async function readPart(
  store: PartStore,
  { name, sizeBytes, digest }: StatePart,
  [first, last]: KeyGroupRange,
  of: string,
  into: Map<string, PartEntry[]>,
): Promise<void> {
  const bytes = await store.get(name);
  const what = `the part \`${name}\` of ${of}`;
  if (bytes === undefined) {
    throw new CorruptError(
      `${what} is not there; look whether the parts are elsewhere, or restore an older checkpoint`,
    );
  }
  if (BigInt(bytes.length) !== sizeBytes) {
    throw new CorruptError(
      `${what} has ${bytes.length} bytes and was handed over with ${sizeBytes}; restore it from a backup`,
    );
  }
  const names = new Map<Binary, PartEntry[]>();
  for (const entry of decodePart(bytes, what)) {
    if (entry.group < first || entry.group > last) continue;
    const entries = names.get(entry.name) ?? entriesOf(stateName(entry.name, what), into);
    names.set(entry.name, entries);
    entries.push(entry);
  }
  if (digest !== undefined && partDigest(bytes) !== digest) {
    throw new CorruptError(`${what} has the digest ${partDigest(bytes)} and was handed over with ${digest}`);
  }
}

function entriesOf(name: string, into: Map<string, PartEntry[]>): PartEntry[] {
  const present = into.get(name) ?? [];
  into.set(name, present);
  return present;
}
