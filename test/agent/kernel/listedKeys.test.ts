// When a dump of elements is to be taken again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isTorn } from "../../../agent/kernel/listedKeys.ts";

const listed = (...rows: readonly number[]) => {
  const bytes = Uint8Array.from(rows.flatMap((row) => [0, 0, 0, row]));
  return { kind: "keys", keyLength: 4, width: 4, count: rows.length, bytes, verdicts: [], comments: [] } as const;
};

test("a dump in which an element comes twice is torn, in whatever order, and is left as it is", () => {
  const torn = listed(3, 1, 2, 1);
  assert.equal(isTorn(torn), true);
  assert.deepEqual(torn, listed(3, 1, 2, 1));
  assert.equal(isTorn(listed(3, 1, 2)), false);
  assert.equal(isTorn(listed()), false);
});
