import assert from 'node:assert/strict';
import type { KeyedLab } from './keyed-lab.js';
import type { Random } from './random.js';

interface Item {
  readonly value: number;
  /** Gone from then on. */
  readonly until: number;
}

const KEYS = Array.from({ length: 40 }, (_, index) => (index % 3 === 0 ? `ключ-${index}` : `key-${index}`));
const SUB_KEYS = [1, 2, 3, 10, 256];

/** Keyed state as simple as it can be: what every get must give. */
export class KeyedModel {
  #values = new Map<string, Item>();
  #lists = new Map<string, Item[]>();
  #maps = new Map<string, Map<number, Item>>();

  /** As it is now, to come back to. */
  copy(): KeyedModel {
    const copy = new KeyedModel();
    copy.#values = new Map(this.#values);
    copy.#lists = new Map([...this.#lists].map(([key, items]) => [key, [...items]]));
    copy.#maps = new Map([...this.#maps].map(([key, map]) => [key, new Map(map)]));
    return copy;
  }

  /** Does the same thing to the lab and to itself. */
  change(lab: KeyedLab, random: Random): void {
    const key = random.pick(KEYS);
    const state = lab.of(key);
    const now = lab.clock.time;
    const ttl = random.below(3) === 0 ? random.below(200) + 1 : undefined;
    const item = { value: random.below(1_000), until: ttl === undefined ? Infinity : now + ttl };
    switch (random.below(12)) {
      case 0:
      case 1:
      case 2:
        this.#putValue(state.value('value'), key, item, ttl);
        break;
      case 3:
        state.value('value').remove(key);
        this.#values.delete(key);
        break;
      case 4:
        this.#batch(lab, state, random, item);
        break;
      case 5:
      case 6: {
        const list = state.list<string, number>('list');
        if (ttl === undefined) list.append(key, item.value);
        else list.appendWithTtl(key, item.value, ttl);
        this.#lists.set(key, [...(this.#lists.get(key) ?? []), item]);
        break;
      }
      case 7: {
        const items = Array.from({ length: random.below(4) }, () => random.below(1_000));
        state.list('list').replace(key, items);
        this.#lists.set(
          key,
          items.map((value) => ({ value, until: Infinity })),
        );
        break;
      }
      case 8:
      case 9: {
        const [subKey, map] = [random.pick(SUB_KEYS), state.map<string, number, number>('map')];
        if (ttl === undefined) map.put(key, subKey, item.value);
        else map.putWithTtl(key, subKey, item.value, ttl);
        this.#maps.set(key, new Map(this.#maps.get(key)).set(subKey, item));
        break;
      }
      case 10: {
        const subKey = random.pick(SUB_KEYS);
        state.map('map').remove(key, subKey);
        this.#maps.get(key)?.delete(subKey);
        break;
      }
      default:
        this.#rarely(lab, random, key);
    }
  }

  #putValue(view: ReturnType<KeyedLab['state']['value']>, key: string, item: Item, ttl: number | undefined): void {
    if (ttl === undefined) view.put(key, item.value);
    else view.putWithTtl(key, item.value, ttl);
    this.#values.set(key, item);
  }

  #batch(lab: KeyedLab, state: KeyedLab['state'], random: Random, item: Item): void {
    const batch = state.value<string, number>('value').batch();
    const isCommitted = random.below(3) > 0;
    for (const key of KEYS.filter((key) => lab.of(key) === state && random.below(8) === 0)) {
      const isRemoved = random.below(3) === 0;
      if (isRemoved) batch.remove(key);
      else batch.put(key, item.value);
      if (!isCommitted) continue;
      if (isRemoved) this.#values.delete(key);
      else this.#values.set(key, { value: item.value, until: Infinity });
    }
    if (isCommitted) batch.commit();
  }

  #rarely(lab: KeyedLab, random: Random, key: string): void {
    switch (random.below(8)) {
      case 0:
        for (const state of lab.subtasks) state.value('value').clear();
        this.#values.clear();
        break;
      case 1:
        for (const state of lab.subtasks) state.list('list').clear();
        this.#lists.clear();
        break;
      case 2:
        lab.of(key).list('list').remove(key);
        this.#lists.delete(key);
        break;
      case 3:
        for (const state of lab.subtasks) state.map('map').clear();
        this.#maps.clear();
        break;
      default:
        lab.of(key).map('map').removeMap(key);
        this.#maps.delete(key);
    }
  }

  /** Everything that can be read is what it must be. */
  check(lab: KeyedLab): void {
    const now = lab.clock.time;
    const isLive = ({ until }: Item) => until > now;
    for (const key of KEYS) {
      const [state, item] = [lab.of(key), this.#values.get(key)];
      const values = state.value<string, number>('value');
      assert.equal(values.get(key), item && isLive(item) ? item.value : undefined);
      assert.equal(values.contains(key), item !== undefined && isLive(item));
      const items = (this.#lists.get(key) ?? []).filter(isLive).map(({ value }) => value);
      assert.deepEqual(state.list('list').get(key), items);
      const inside = [...(this.#maps.get(key) ?? [])].filter(([, item]) => isLive(item));
      const sorted = inside.map(([subKey, { value }]) => [subKey, value]).sort(([a], [b]) => a! - b!);
      assert.deepEqual(
        state
          .map<string, number, number>('map')
          .entries(key)
          .sort(([a], [b]) => a - b),
        sorted,
      );
    }
    const live = [...this.#values].filter(([, item]) => isLive(item)).map(([key, { value }]) => [key, value]);
    const found = lab.subtasks.flatMap((state) => [...state.value<string, number>('value').entries()]);
    assert.deepEqual(new Map(found), new Map(live as [string, number][]));
  }
}
