import { bytes, flag, list, optionalText, options, text, uint32, uint64 } from '../check.js';
import { type DeadLetter, deadLetter } from '../views/dead-letter.js';
import { type Done, type ErrorRecord, errorToWire } from '../views/shared.js';
import type { AttemptRef } from './nodes.js';
import type { PageOptions } from './hwms.js';
import { type Operation, operation, same } from './operation.js';

/** An item that a node cannot work on. */
export interface DeadItem {
  /** What tells it from the other items of the node: an id, an offset, a path. */
  readonly key: string;
  /** Why it cannot be worked on: an `Error`, a text, or a record. */
  readonly error: Error | string | ErrorRecord;
  /** The item, or as much of it as is of use; left out where the key is enough to find it. */
  readonly payload?: Uint8Array | undefined;
}

/** Which dead letters are wanted. All filters must hold. */
export interface DeadLetterFilter {
  /** Node wanted; left out means all. */
  readonly node?: string | undefined;
  /** Those that are to be worked on again, or those that are not; left out means both. */
  readonly requeued?: boolean | undefined;
}

/** A page of dead letters. */
export interface DeadLetterPage {
  /** By node and key. */
  readonly letters: readonly DeadLetter[];
  /** Cursor of the next page; absent at the end. */
  readonly next: string | undefined;
}

/** How dead letters are settled. */
export interface SettleOptions {
  /** They are to be worked on again; otherwise they are dropped. */
  readonly requeue?: boolean | undefined;
  /** Why; must not be empty. */
  readonly reason: string;
  /** Who, when somebody does it by hand. */
  readonly actor?: string | undefined;
  /** The attempt of the node that has worked on them; left out if it is done by hand. */
  readonly attempt?: AttemptRef | undefined;
}

/** Puts items aside that an attempt cannot work on. */
export function buryItems(attempt: AttemptRef, items: readonly DeadItem[]): Operation<Done> {
  const val = {
    attempt: refOf(attempt),
    items: list(items, 'the items').map((item) => {
      const { key, error, payload } = options(item as DeadItem, 'an item');
      return {
        key: text(key, 'the key of the item'),
        error: errorToWire(error),
        payload: payload === undefined ? undefined : bytes(payload, 'the payload of the item'),
      };
    }),
  };
  return operation({ tag: 'bury-items', val }, 'done', same<Done>);
}

/** Items that were put aside, by node and key. */
export function listDeadLetters(
  filter: DeadLetterFilter = {},
  { cursor, limit }: PageOptions = {},
): Operation<DeadLetterPage> {
  const { node, requeued } = options(filter, 'the filter');
  const val = {
    node: optionalText(node, 'the name of the node'),
    requeued: requeued === undefined ? undefined : flag(requeued, '`requeued`'),
    cursor: optionalText(cursor, 'the cursor'),
    limit: uint32(limit ?? 0, '`limit`'),
  };
  return operation({ tag: 'list-dead-letters', val }, 'dead-letters', ({ letters, next }) => ({
    letters: letters.map(deadLetter),
    next,
  }));
}

/** Has items of a node worked on again, or drops them. */
export function settleDeadLetters(node: string, keys: readonly string[], how: SettleOptions): Operation<Done> {
  const { requeue, reason, actor, attempt } = options(how, 'how they are settled');
  const val = {
    node: text(node, 'the name of the node'),
    keys: list(keys, 'the keys').map((key) => text(key, 'a key')),
    requeue: flag(requeue, '`requeue`'),
    reason: text(reason, '`reason`'),
    actor: optionalText(actor, '`actor`'),
    attempt: attempt === undefined ? undefined : refOf(attempt),
  };
  return operation({ tag: 'settle-dead-letters', val }, 'done', same<Done>);
}

function refOf({ run, node, token }: AttemptRef): { run: string; node: string; token: bigint } {
  return {
    run: text(run, 'the id of the run'),
    node: text(node, 'the name of the node'),
    token: uint64(token, 'the token of the attempt'),
  };
}
