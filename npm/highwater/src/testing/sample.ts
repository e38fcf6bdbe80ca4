/** So many of these, in their order, drawn by the seed (selection sampling; the generator is mulberry32). */
export function sample<T>(all: readonly T[], wanted: number, seed: number): T[] {
  let state = seed | 0;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  let needed = wanted;
  return all.filter((_, index) => {
    const isDrawn = random() * (all.length - index) < needed;
    if (isDrawn) needed -= 1;
    return isDrawn;
  });
}
