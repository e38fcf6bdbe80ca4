import type { Store } from '../stores/contract.js';
import { StoreError } from '../stores/error.js';
import type { Appending, Fate, Point } from './fate.js';

type Method = (...args: unknown[]) => Promise<unknown>;

/** What the requests of a store are called, where their name does not say it. */
const WORDS: Readonly<Record<string, string>> = {
  read: 'reading',
  readFrom: 'reading the tail of',
  readAll: 'reading all of',
  append: 'the append to',
  reset: 'the reset of',
  putSnapshot: 'the snapshot of',
  trim: 'trimming',
  list: 'listing',
  beat: 'a beat in',
  beats: 'reading the beats in',
};

/** The store as one life sees it: it passes a point before each request takes effect, and one after that. @internal */
export function lifeStore(inner: Store, fate: Fate): Store {
  return new Proxy(inner, {
    get(store, name: keyof Store) {
      const value: unknown = store[name];
      if (typeof value !== 'function' || name === 'close') return typeof value === 'function' ? closed : value;
      return async (...args: unknown[]) => {
        const before = pointOf(name, args);
        refuseIf(await fate.reach(before));
        const settled = Promise.allSettled([(value as Method).apply(store, args)]);
        const [result] = await settled;
        refuseIf(await fate.reach({ ...before, moment: 'after' }));
        if (result.status === 'rejected') throw result.reason;
        return result.value;
      };
    },
  });
}

/** The store outlives whoever closes it. */
async function closed(): Promise<void> {}

function pointOf(name: string, [key, ...rest]: unknown[]): Point {
  const what = `${WORDS[name] ?? name} \`${String(key)}\``;
  if (name !== 'append') return { moment: 'before', what };
  const append = { key, version: rest[0], bytes: rest[1] } as Appending;
  return { moment: 'before', what: `the append of version ${append.version} to \`${append.key}\``, append };
}

function refuseIf(verdict: 'go on' | 'doubt'): void {
  if (verdict === 'doubt') throw new StoreError('unknown', 'the crash test lost the answer of the store');
}
