// Deep equality of resources, interfaces and rulesets. Places do not count: a comment above a resource moves its lines, and changes nothing.

/** True when both are equal in everything but a Place under the key `place` (a label may have that key too). Shared parts are not walked. */
export function sameContent(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && (isPlace(key, left[key]) || sameContent(left[key], right[key])));
}

function isPlace(key: string, value: unknown): boolean {
  return key === "place" && typeof value === "object";
}
