// Values that are made anew and turn out to be what they were: the old object is kept, since whoever reads it takes the same object for unchanged.

/** `next`, or `last` if both are equal; and of lists and records the parts likewise, place by place. Of plain values only: maps and bytes are not looked into. */
export function shared<T>(last: unknown, next: T): T {
  if (last === next || typeof last !== "object" || typeof next !== "object" || last === null || next === null) return next;
  if (Array.isArray(next)) return Array.isArray(last) ? (sharedList(last, next) as T) : next;
  return isRecord(last) && isRecord(next) ? (sharedRecord(last, next) as T) : next;
}

/** `next`, or `last` if it is the same objects in the same order. */
export function sameList<T>(last: readonly T[] | undefined, next: readonly T[]): readonly T[] {
  return last !== undefined && last.length === next.length && last.every((item, at) => item === next[at]) ? last : next;
}

function sharedList(last: readonly unknown[], next: readonly unknown[]): readonly unknown[] {
  return sameList(
    last,
    next.map((item, at) => shared(last[at], item)),
  );
}

function sharedRecord(last: Readonly<Record<string, unknown>>, next: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const keys = Object.keys(next);
  let same = keys.length === Object.keys(last).length;
  const parts: [string, unknown][] = [];
  for (const key of keys) {
    const part = shared(last[key], next[key]);
    same &&= Object.hasOwn(last, key) && part === last[key];
    parts.push([key, part]);
  }
  return same ? last : Object.fromEntries(parts);
}

function isRecord(value: object): value is Readonly<Record<string, unknown>> {
  return Object.getPrototypeOf(value) === Object.prototype;
}
