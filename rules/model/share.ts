// New content takes the place of the old one part by part: every part that says the same stays the very same object, so that whoever comes after
// knows by `===` what has not changed.

/** Whether a value in `next` says nothing: what has another in its place is not another thing for that. */
export type Aside = (value: unknown) => boolean;

const nothing: Aside = () => false;

/**
 * `next`, with each part of it that is as in `before` being that part of `before`; so `before` itself when nothing differs. Of plain values and words: maps and
 * bytes are not looked into.
 */
export function share<T>(before: unknown, next: T, isAside: Aside = nothing): T {
  if (Object.is(before, next)) return next;
  if (typeof before !== "object" || typeof next !== "object" || before === null || next === null) return next;
  if (next instanceof Uint32Array) return before instanceof Uint32Array && isSameWords(before, next) ? (before as T) : next;
  if (Array.isArray(before)) return Array.isArray(next) ? (shareList(before, next, isAside) as T) : next;
  return Array.isArray(next) ? next : shareObject(before as T & object, next, isAside);
}

/** Aligned at both ends, so that an entry more or less in the middle leaves the others what they are. */
function shareList(before: readonly unknown[], next: readonly unknown[], isAside: Aside): readonly unknown[] {
  const most = Math.min(before.length, next.length);
  let head = 0;
  let replaced = false;
  for (; head < most; head++) {
    if (before[head] === next[head]) continue;
    if (share(before[head], next[head], isAside) !== before[head]) break;
    replaced = true;
  }
  if (head === before.length && head === next.length) return before;
  const shift = next.length - before.length;
  let tail = next.length;
  for (; tail > head && tail - shift > head; tail--) {
    const old = before[tail - 1 - shift];
    if (old === next[tail - 1]) continue;
    if (share(old, next[tail - 1], isAside) !== old) break;
    replaced = true;
  }
  const middle = next.slice(head, tail).map((item, index) => (head + index < tail - shift ? share(before[head + index], item, isAside) : item));
  if (!replaced && middle.every((item, index) => item === next[head + index])) return next;
  return [...before.slice(0, head), ...middle, ...before.slice(tail - shift)];
}

function shareObject<T extends object>(before: T, next: T, isAside: Aside): T {
  const shared: [key: string, part: unknown][] = [];
  let isSame = countKeys(before) === countKeys(next);
  for (const key in next) {
    const [old, fresh] = [before[key], next[key]];
    if (old === fresh && (old !== undefined || Object.hasOwn(before, key))) continue;
    if (isAside(fresh)) continue;
    const part = share(old, fresh, isAside);
    if (part !== fresh) shared.push([key, part]);
    isSame &&= part === old && fresh !== undefined;
  }
  if (isSame) return before;
  return shared.length === 0 ? next : { ...next, ...Object.fromEntries(shared) };
}

function isSameWords(before: Uint32Array, next: Uint32Array): boolean {
  if (before.length !== next.length) return false;
  for (let at = 0; at < next.length; at++) if (before[at] !== next[at]) return false;
  return true;
}

function countKeys(object: object): number {
  let count = 0;
  for (const _ in object) count++;
  return count;
}
