import { entries, flag, list, oneOf, options, optionalText, text, uint32, uint64 } from '../check.js';
import type { commands, types } from '../engine.js';
import type { CoverageStatus } from '../views/coverage.js';
import {
  type Partitioning,
  partitioning,
  type PartitionKeyView,
  type PartitionsChanged,
  type PartitionsMoved,
  type PartitionView,
  partitionView,
} from '../views/partition.js';
import type { Done } from '../views/shared.js';
import { plannedByHand, type PlannedByHand } from './maintenance.js';
import { type Operation, operation, same } from './operation.js';

/** One way in which a node is divided. */
export interface DimensionInput {
  /** Name. */
  readonly name: string;
  /** All its keys, in their order; left out, keys come and go after it was declared. */
  readonly keys?: readonly string[] | undefined;
}

/** Keys of a dynamic dimension that come or go, all in one record. */
export interface PartitionKeysChange {
  /** Keys that come; those that are there are left as they are. */
  readonly add?: readonly string[] | undefined;
  /** Keys that go; those that are not there are gone already. */
  readonly remove?: readonly string[] | undefined;
  /** Let keys go whose partitions have a status, which is forgotten. A reason is needed for that. */
  readonly forget?: boolean | undefined;
  /** Why. */
  readonly reason?: string | undefined;
  /** Who. */
  readonly actor?: string | undefined;
}

/** A partition that is marked by hand. What is left out stays as it was. */
export interface PartitionMarkInput {
  /** The partition: its keys, joined by `|`. */
  readonly partition: string;
  /** How many rows it has. */
  readonly rows?: bigint | number | undefined;
  /** What it was done with. */
  readonly fingerprint?: string | undefined;
}

/** What changes its name when a node is re-keyed. */
export interface RekeyInput {
  /** The dimension whose keys change their names. */
  readonly dimension?: string | undefined;
  /** Those keys: old names with the new ones, all at once, so that two may change their names with each other. */
  readonly keys?: Readonly<Record<string, string>> | ReadonlyMap<string, string> | undefined;
  /** A dimension that is added behind those that there are, with its key for all partitions that there are. */
  readonly add?: { readonly dimension: DimensionInput; readonly key: string } | undefined;
}

/** Which partitions an attempt wants to be handed: those of them that are not done and that nobody else works on. */
export interface PartitionsWanted {
  /** Only these; left out, all. */
  readonly only?: readonly string[] | undefined;
  /** How their names begin. */
  readonly prefix?: string | undefined;
  /** What they would be done with, for example the digest of the code. One that was done with something else is due again. */
  readonly fingerprint?: string | undefined;
  /** Hand out what is done as well. It counts as done until the attempt has done it again. */
  readonly restate?: boolean | undefined;
  /** Most partitions that are handed out; left out, all that there are. */
  readonly limit?: number | undefined;
}

/** What became of a partition in an attempt. */
export interface PartitionOutcome {
  /** The partition: its keys, joined by `|`. Nobody else may work on it. */
  readonly partition: string;
  /** Whether it failed; otherwise it is done. */
  readonly failed?: boolean | undefined;
  /** How many rows it has. */
  readonly rows?: bigint | number | undefined;
  /** What it was done with; left out, what the attempt was handed it for. */
  readonly fingerprint?: string | undefined;
}

/** Which partitions are read. All filters must hold. */
export interface PartitionFilter {
  /** Only these. One that cannot be is refused. */
  readonly only?: readonly string[] | undefined;
  /** Statuses wanted; left out, all. */
  readonly statuses?: readonly CoverageStatus[] | undefined;
  /** How their names begin. */
  readonly prefix?: string | undefined;
}

/** A page of nodes that are divided. */
export interface PartitioningPage {
  /** By the names of the nodes. */
  readonly nodes: readonly Partitioning[];
  /** Cursor of the next page; absent at the end. */
  readonly next: string | undefined;
}

/** A page of partitions. */
export interface PartitionPage {
  /** In the order of their keys. A page may have less than was asked for, and none, although there are more. */
  readonly partitions: readonly PartitionView[];
  /** Cursor of the next page; absent at the end. */
  readonly next: string | undefined;
}

/** A page of keys of a dimension. */
export interface PartitionKeyPage {
  /** In their order. */
  readonly keys: readonly PartitionKeyView[];
  /** Cursor of the next page; absent at the end. */
  readonly next: bigint | undefined;
}

const STATUSES: readonly CoverageStatus[] = ['missing', 'done', 'failed', 'stale'];

/** Declares into which partitions a node is divided; no dimensions take the declaration back. */
export function declarePartitions(node: string, given: readonly DimensionInput[]): Operation<Done> {
  const dimensions = list(given, 'the dimensions').map((each) => dimensionToWire(each as DimensionInput));
  return operation({ tag: 'declare-partitions', val: { node: nodeName(node), dimensions } }, 'done', same<Done>);
}

/** Adds or removes keys of a dynamic dimension. */
export function changePartitionKeys(node: string, dimension: string, given: PartitionKeysChange): Operation<Done> {
  const { add, remove, forget, reason, actor } = options(given, 'the change');
  const val = {
    node: nodeName(node),
    dimension: text(dimension, 'the name of the dimension'),
    add: names(add, '`add`'),
    remove: names(remove, '`remove`'),
    forget: flag(forget, '`forget`'),
    reason: text(reason ?? '', 'the reason'),
    actor: optionalText(actor, 'the actor'),
  };
  return operation({ tag: 'change-partition-keys', val }, 'done', same<Done>);
}

/** Marks partitions of a node by hand. */
export function markPartitions(
  node: string,
  status: CoverageStatus,
  marks: readonly (string | PartitionMarkInput)[],
  how: PlannedByHand,
): Operation<PartitionsChanged> {
  const val = {
    node: nodeName(node),
    status: oneOf(status, 'the status', STATUSES),
    marks: list(marks, 'the partitions').map((each) => markToWire(each as string | PartitionMarkInput)),
    ...plannedByHand(how),
  };
  return operation({ tag: 'mark-partitions', val }, 'partitions-changed', same<PartitionsChanged>);
}

/** Renames keys of a node or adds a dimension; how its partitions stand goes with them. */
export function rekeyPartitions(node: string, given: RekeyInput, how: PlannedByHand): Operation<PartitionsMoved> {
  const { dimension, keys, add } = options(given, 'what is to be re-keyed');
  const rename = ([from, to]: [string, string]) => ({ from: text(from, 'a key'), to: text(to, 'a key') });
  const val = {
    node: nodeName(node),
    dimension: optionalText(dimension, 'the name of the dimension'),
    keys: entries(keys ?? {}, '`keys`').map(rename),
    add: add && { dimension: dimensionToWire(add.dimension), key: text(add.key, 'the key') },
    ...plannedByHand(how),
  };
  return operation({ tag: 'rekey-partitions', val }, 'partitions-moved', (moved) => moved as PartitionsMoved);
}

/** How a node is divided, or a page of all nodes that are. */
export function describePartitions(node?: string, cursor?: string, limit = 0): Operation<PartitioningPage> {
  const val = {
    node: optionalText(node, 'the name of the node'),
    cursor: optionalText(cursor, 'the cursor'),
    limit: uint32(limit, '`limit`'),
  };
  const read = ({ nodes, next }: { nodes: Parameters<typeof partitioning>[0][]; next?: string | undefined }) => ({
    nodes: nodes.map(partitioning),
    next,
  });
  return operation({ tag: 'describe-partitions', val }, 'partitionings', read);
}

/** A page of the partitions of a node. */
export function listPartitions(
  node: string,
  filter: PartitionFilter = {},
  cursor?: string,
  limit = 0,
): Operation<PartitionPage> {
  const { only, statuses, prefix } = options(filter, 'the filter');
  const val = {
    node: nodeName(node),
    partitions: names(only, '`only`'),
    statuses: list(statuses ?? [], '`statuses`').map((each) => oneOf(each, 'a status', STATUSES)),
    prefix: text(prefix ?? '', '`prefix`'),
    cursor: optionalText(cursor, 'the cursor'),
    limit: uint32(limit, '`limit`'),
  };
  return operation({ tag: 'list-partitions', val }, 'partitions', ({ partitions, next }) => ({
    partitions: partitions.map(partitionView),
    next,
  }));
}

/** A page of the keys of a dimension. */
export function listPartitionKeys(
  node: string,
  dimension: string,
  cursor?: bigint,
  limit = 0,
): Operation<PartitionKeyPage> {
  const val = {
    node: nodeName(node),
    dimension: text(dimension, 'the name of the dimension'),
    cursor: cursor === undefined ? undefined : uint64(cursor, 'the cursor'),
    limit: uint32(limit, '`limit`'),
  };
  return operation({ tag: 'list-partition-keys', val }, 'partition-keys', (page) => page as PartitionKeyPage);
}

/** @internal */
export function wantedToWire(given: PartitionsWanted): commands.PartitionsWanted {
  const { only, prefix, fingerprint, restate, limit } = options(given, '`partitions`');
  return {
    partitions: names(only, '`only`'),
    prefix: text(prefix ?? '', '`prefix`'),
    fingerprint: optionalText(fingerprint, 'the fingerprint'),
    restate: flag(restate, '`restate`'),
    limit: uint32(limit ?? 0, '`limit`'),
  };
}

/** @internal */
export function outcomesToWire(given: readonly PartitionOutcome[] = []): commands.PartitionOutcome[] {
  return list(given, '`partitions`').map((each) => {
    const { failed, ...mark } = options(each as PartitionOutcome, 'a partition');
    return { ...markToWire(mark), failed: flag(failed, '`failed`') };
  });
}

function nodeName(node: string): string {
  return text(node, 'the name of the node');
}

function names(given: readonly string[] | undefined, what: string): string[] {
  return list(given ?? [], what).map((each) => text(each, `an entry of ${what}`));
}

function dimensionToWire(given: DimensionInput): types.PartitionDimension {
  const { name, keys } = options(given, 'a dimension');
  return { name: text(name, 'the name of the dimension'), dynamic: keys === undefined, keys: names(keys, '`keys`') };
}

function markToWire(given: string | PartitionMarkInput): types.PartitionMark {
  const mark = typeof given === 'string' ? { partition: given } : options(given, 'a partition');
  const { partition, rows, fingerprint } = mark as PartitionMarkInput;
  return {
    partition: text(partition, 'the partition'),
    rows: rows === undefined ? undefined : uint64(rows, '`rows`'),
    fingerprint: optionalText(fingerprint, 'the fingerprint'),
  };
}
