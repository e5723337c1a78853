// Chance that a seed decides.

/** Return numbers from 0 up to 1, the same ones for the same word. */
export function chance(word) {
  let state = 2166136261;
  for (const each of String(word)) state = Math.imul(state ^ each.codePointAt(0), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Return a list's elements in another order. */
export function shuffled(list, next) {
  const found = [...list];
  for (let last = found.length - 1; last > 0; last -= 1) {
    const other = Math.floor(next() * (last + 1));
    [found[last], found[other]] = [found[other], found[last]];
  }
  return found;
}
