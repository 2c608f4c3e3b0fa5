// The corpus against the semantics: every fact that can be seen has a case, every fact that a case names is known, and what is said to be shown
// elsewhere has a test there.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadCases } from "./case.ts";
import { elsewhere, unseen, visible } from "./facts.ts";

const cases = loadCases().flatMap((attempt) => ("loaded" in attempt ? [attempt.loaded] : []));
const shown = new Set(cases.flatMap(({ facts }) => facts));

/** When only some cases are chosen the others' facts have none. */
const all = (process.env["HOSTWARD_CASES"] ?? "") === "";

test("every visible fact has a case", { skip: all ? false : "only some cases are chosen" }, () => {
  const missing = Object.entries(visible).filter(([id]) => !shown.has(id));
  assert.equal(missing.map(([id, phrase]) => `${id}: ${phrase}`).join("\n"), "");
});

test("there are at least 200 cases", { skip: all ? false : "only some cases are chosen" }, () => {
  assert.ok(cases.length >= 200, `${cases.length} cases`);
});

test("cases name facts that exist", () => {
  const known = new Set([visible, elsewhere, unseen].flatMap((table) => Object.keys(table)));
  const unknown = [...shown].filter((id) => /^[RHPEMS]\d/.test(id) && !known.has(id));
  assert.deepEqual(unknown, []);
});

test("a fact stands in one table", () => {
  const ids = [visible, elsewhere, unseen].flatMap((table) => Object.keys(table));
  assert.deepEqual(
    ids.filter((id, at) => ids.indexOf(id) !== at),
    [],
  );
});

test("what is shown elsewhere has its test", () => {
  const missing = Object.values(elsewhere).filter(({ file }) => !existsSync(join(import.meta.dirname, "..", file)));
  assert.deepEqual(missing, []);
});
