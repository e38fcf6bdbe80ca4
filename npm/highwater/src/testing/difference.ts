import { inspect } from 'node:util';

/** Rows that are there, against rows that should be, as text. */
export interface Difference {
  /** Not there, or not often enough. */
  readonly lost: readonly string[];
  /** There too often, once for each time that is too much. */
  readonly doubled: readonly string[];
  /** Nobody expected them. */
  readonly stray: readonly string[];
}

/** Rows are the same if they look the same. @internal */
export function difference(expected: Iterable<unknown>, found: Iterable<unknown>): Difference {
  const counts = new Map<string, { wanted: number; there: number }>();
  const count = (row: unknown) => {
    const text = inWords(row);
    const counted = counts.get(text) ?? { wanted: 0, there: 0 };
    counts.set(text, counted);
    return counted;
  };
  for (const row of expected) count(row).wanted += 1;
  for (const row of found) count(row).there += 1;
  const [lost, doubled, stray]: [string[], string[], string[]] = [[], [], []];
  for (const [row, { wanted, there }] of counts) {
    const kind = wanted === 0 ? stray : there > wanted ? doubled : lost;
    for (let times = Math.abs(there - wanted); times > 0; times -= 1) kind.push(row);
  }
  return { lost, doubled, stray };
}

function inWords(row: unknown): string {
  return inspect(row, {
    depth: Infinity,
    maxArrayLength: Infinity,
    maxStringLength: Infinity,
    breakLength: Infinity,
    sorted: true,
  });
}
