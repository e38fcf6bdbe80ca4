import { entries, flag, list, optionalText, options, text, uint32, uint64 } from '../check.js';
import type { commands } from '../engine.js';
import { Reader } from '../reader.js';
import { toWire, type ValueInput } from '../values/value.js';
import { hwmChange, type HwmChange, type HwmsSet, type HwmView, hwmView, rewound, type Rewound } from '../views/hwm.js';
import type { Done } from '../views/shared.js';
import { type Operation, operation, same } from './operation.js';

/** Where an HWM shall stand: a value, and with it, where boundary keys were declared, the keys of the rows that are equal to it. */
export type HwmInput = ValueInput | { readonly value: ValueInput; readonly keys: readonly string[] };

/** New values of HWMs, by name: an object or a map. */
export type HwmValues = Readonly<Record<string, HwmInput>> | ReadonlyMap<string, HwmInput>;

/** Readers whose HWMs move to where they came. */
export type UpTo = Reader | readonly Reader[];

/** The proof that a lease is held. A {@link Lease} is one. */
export interface Holder {
  /** Name of the lease. */
  readonly name: string;
  /** Fencing token under which it was granted. */
  readonly token: bigint;
}

/** How HWMs are moved. */
export interface SetHwmsOptions {
  /** Allow the type to change, and record that it did. */
  readonly cast?: boolean | undefined;
  /** Readers whose HWMs move as well, to where they came. */
  readonly upTo?: UpTo | undefined;
  /** Lease under which they are moved: if it was lost, nothing moves and the error is `fenced`. */
  readonly lease?: Holder | undefined;
}

/** Why, and who, for what is done by hand. */
export interface ByHand {
  /** Why; must not be empty. */
  readonly reason: string;
  /** Who. */
  readonly actor?: string | undefined;
}

/** How an HWM is rewound. */
export interface RewindOptions extends ByHand {
  /** Only say what would happen. */
  readonly dryRun?: boolean | undefined;
}

/** A page of HWMs. */
export interface HwmPage {
  /** In byte order of their names. */
  readonly hwms: readonly HwmView[];
  /** Cursor of the next page; absent at the end. */
  readonly next: string | undefined;
}

/** Where a page begins, and how long it is. */
export interface PageOptions {
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
  /** Most entries of a page. */
  readonly limit?: number | undefined;
}

/** HWM moves in the words of the engine. @internal */
export function hwmUpdates(values: HwmValues, upTo: UpTo = [], cast = false): commands.HwmUpdate[] {
  const updates = entries<HwmInput>(values, 'the HWMs').map(([name, input]) => {
    const what = `HWM \`${name}\``;
    if (!isEdge(input)) return { name, value: toWire(input, what), cast, keys: [] };
    const keys = list(input.keys, `the keys of ${what}`).map((key) => text(key, `a key of ${what}`));
    return { name, value: toWire(input.value, what), cast, keys };
  });
  for (const reader of upTo instanceof Reader ? [upTo] : upTo) {
    const move = reader.wireMove;
    if (move !== undefined) updates.push({ name: reader.position.name, ...move, cast });
  }
  return updates;
}

function isEdge(input: HwmInput): input is { readonly value: ValueInput; readonly keys: readonly string[] } {
  return typeof input === 'object' && input !== null && 'value' in input && 'keys' in input;
}

/** Moves HWMs, all or none. */
export function setHwms(values: HwmValues, { cast, upTo, lease }: SetHwmsOptions = {}): Operation<HwmsSet> {
  const hwms = hwmUpdates(values, upTo, flag(cast, '`cast`'));
  const holder = lease && {
    lease: text(lease.name, 'the name of the lease'),
    token: uint64(lease.token, 'the token of the lease'),
  };
  return operation({ tag: 'set-hwms', val: { hwms, holder } }, 'hwms-set', same<HwmsSet>);
}

/** One HWM, or nothing if there is none of that name. */
export function getHwm(name: string): Operation<HwmView | undefined> {
  const command = { tag: 'get-hwm', val: { name: text(name, 'the name of an HWM') } } as const;
  return operation(command, 'hwm', (found) => found && hwmView(found));
}

/** Moves an HWM backwards on purpose. */
export function rewindHwm(name: string, value: ValueInput, how: RewindOptions): Operation<Rewound> {
  const { reason, actor, dryRun } = options(how, 'the reason of a rewind');
  const val = {
    name: text(name, 'the name of an HWM'),
    value: toWire(value, `HWM \`${name}\``),
    ...byHand({ reason, actor }),
    dryRun: flag(dryRun, '`dryRun`'),
  };
  return operation({ tag: 'rewind-hwm', val }, 'rewound', rewound);
}

/** Deletes an HWM. */
export function deleteHwm(name: string, how: ByHand): Operation<Done> {
  const val = { name: text(name, 'the name of an HWM'), ...byHand(how) };
  return operation({ tag: 'delete-hwm', val }, 'done', same<Done>);
}

/** A page of HWMs whose names start with a prefix. */
export function listHwms(prefix = '', { cursor, limit }: PageOptions = {}): Operation<HwmPage> {
  const val = {
    prefix: text(prefix, 'the prefix'),
    cursor: optionalText(cursor, 'the cursor'),
    limit: uint32(limit ?? 0, '`limit`'),
  };
  return operation({ tag: 'list-hwms', val }, 'hwms', ({ hwms, next }) => ({ hwms: hwms.map(hwmView), next }));
}

/** Earlier values of an HWM, newest first; the first one is the present one. */
export function hwmHistory(name: string): Operation<HwmChange[]> {
  const command = { tag: 'hwm-history', val: { name: text(name, 'the name of an HWM') } } as const;
  return operation(command, 'hwm-history', (changes) => changes.map(hwmChange));
}

/** @internal */
export function byHand(how: ByHand): { reason: string; actor: string | undefined } {
  const { reason, actor } = options(how, 'the reason');
  return { reason: text(reason, 'the reason'), actor: optionalText(actor, 'the actor') };
}
