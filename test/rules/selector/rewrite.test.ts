import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSelector } from "../../../rules/selector/parser.ts";
import { printSelector } from "../../../rules/selector/print.ts";
import { mentions, ofNamespaces, ofServiceAccounts, replaceCondition } from "../../../rules/selector/rewrite.ts";

function parse(text: string) {
  const parsed = parseSelector(text);
  return parsed.ok ? parsed.selector : assert.fail(parsed.message);
}

const namespaces: readonly (readonly [before: string, after: string])[] = [
  ["a == 'x'", 'pcns.a == "x"'],
  ["has(a) && !b in {'x'} || c contains 'y'", '(has(pcns.a) && !pcns.b in {"x"}) || pcns.c contains "y"'],
  ["all()", "has(projectcalico.org/namespace)"],
  ["global()", "!has(projectcalico.org/namespace)"],
  ["!global()", "has(projectcalico.org/namespace)"],
  ["a == 'all()'", 'pcns.a == "all()"'],
];

for (const [before, after] of namespaces) {
  test(`as a namespaceSelector ${before} is ${after} (S30)`, () => assert.equal(printSelector(ofNamespaces(parse(before))), after));
}

test("as a serviceAccountSelector labels get their prefix and all() stays (M41)", () => {
  assert.equal(printSelector(ofServiceAccounts(parse("has(a) && all()"))), "has(pcsa.a) && all()");
});

test("a replacement that is a list merges into the list around it", () => {
  assert.equal(printSelector(replaceCondition(parse("has(a) && all()"), "all", parse("has(b) && has(c)"))), "has(a) && has(b) && has(c)");
});

test("global() is found wherever it stands, and not in a string", () => {
  assert.deepEqual(
    ["global()", "has(a) && !(has(b) || global( ))", "a == 'global()'", "all()"].map((text) => mentions(parse(text), "global")),
    [true, true, false, false],
  );
});
