// docs/lint.md has a section for each code that lint gives and for no other; each says what to do, and its example gives that warning alone.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { loadSettings } from "../../../agent/settings/load.ts";
import { policySettings } from "../../../agent/settings/policy.ts";
import { readManifest } from "../../../agent/sources/manifest.ts";
import { lint } from "../../../rules/lint/lint.ts";
import { formatProblem } from "../../../rules/model/problem.ts";
import { problemCodes } from "../../../rules/model/problemCodes.ts";

const root = new URL("../../../", import.meta.url);
const sections = readFileSync(new URL("docs/lint.md", root), "utf8").split("\n## ").slice(1);
const titleOf = (section: string) => section.slice(0, section.indexOf("\n"));

test("every code has a section, and every section a code", () => {
  const sources = globSync("rules/lint/*.ts", { cwd: root }).map((path) => readFileSync(new URL(path, root), "utf8"));
  const given = new Set(sources.flatMap((text) => [...text.matchAll(/\bcode: "([a-z-]+)"/g)].map(([, code]) => code)));
  assert.deepEqual(sections.map(titleOf).toSorted(), [...given].toSorted());
  assert.ok([...given].every((code) => code !== undefined && code in problemCodes));
});

for (const section of sections) {
  const code = titleOf(section);
  test(`${code}: reason, remedy, and an example that gives it`, () => {
    assert.match(section, /\nRemedy: /);
    const yaml = /```yaml\n(.*?)```/s.exec(section)?.[1] ?? "";
    const { resources, problems } = readManifest(yaml, "example");
    assert.deepEqual(problems.map(formatProblem), []);
    const [, failsafeInboundHostPorts] = /`failsafeInboundHostPorts: (.*)`/.exec(section) ?? [];
    const { settings } = loadSettings({ environment: {}, flags: { failsafeInboundHostPorts } });
    assert.ok(settings !== undefined);
    const found = lint({ node: undefined, resolved: undefined, ssh: { port: 22, client: undefined }, resources, settings: policySettings(settings) });
    assert.deepEqual([...new Set(found.map((problem) => problem.code))], [code], found.map(formatProblem).join("\n"));
  });
}
