import assert from "node:assert/strict";
import { test } from "node:test";
import { kindOfTest } from "../../tools/stages.ts";
import { readCounts, sumOfCounts } from "../../tools/step.ts";

const rows: readonly (readonly [string, string, string, string])[] = [
  ["a test beside what it tests is a unit test", "test/rules/net/address.test.ts", "", "unit"],
  ["a test that enters a namespace is a kernel test", "test/agent/kernel/netlink.test.ts", 'import "../../lab/enter.ts";\n', "kernel"],
  ["a test of the lab itself is a kernel test", "test/lab/lab.test.ts", 'import "./enter.ts";\n', "kernel"],
  ["a test that mentions the lab in a comment is not", "test/tools/a.test.ts", '// like import "../lab/enter.ts";\n', "unit"],
  ["test/kernel is kernel tests", "test/kernel/flows.test.ts", "", "kernel"],
  ["the corpus is one stage, also with the kernel", "test/corpus/kernel.test.ts", 'import "../lab/enter.ts";\n', "corpus"],
  ["test/fuzz is fuzzers", "test/fuzz/selector.test.ts", "", "fuzz"],
];

for (const [name, path, text, kind] of rows) {
  test(name, () => {
    assert.equal(kindOfTest(path, text), kind);
  });
}

const closing = (pass: number, fail: number) =>
  `✔ ℹ tests 99 are fine\nℹ tests ${pass + fail}\nℹ suites 0\nℹ pass ${pass}\nℹ fail ${fail}\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\nℹ duration_ms 3.2\n`;

test("closing lines are read whatever a test printed before, with colours and without", () => {
  const expected = { tests: 3, suites: 0, pass: 2, fail: 1, cancelled: 0, skipped: 0, todo: 0 };
  assert.deepEqual(readCounts(closing(2, 1)), expected);
  assert.deepEqual(readCounts(closing(2, 1).replaceAll(/^ℹ.*$/gm, "\u001b[34m$&\u001b[39m")), expected);
  assert.equal(readCounts("ℹ tests 3\n"), undefined);
});

test("the sum counts every step, and a step without tests as nothing", () => {
  const step = (counts: ReturnType<typeof readCounts>) => ({ title: "", ok: true, counts });
  const sum = sumOfCounts([step(readCounts(closing(2, 1))), step(undefined), step(readCounts(closing(5, 0)))]);
  assert.deepEqual([sum.tests, sum.pass, sum.fail], [8, 7, 1]);
});
