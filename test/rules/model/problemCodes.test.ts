// The catalogue of problem codes is exactly what rules/ uses.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { problemCodes } from "../../../rules/model/problemCodes.ts";

const root = new URL("../../../", import.meta.url);
const catalogue = Object.keys(problemCodes);
const sources = globSync("rules/**/*.ts", { cwd: root })
  .filter((path) => path !== "rules/model/problemCodes.ts")
  .map((path) => readFileSync(new URL(path, root), "utf8").replaceAll(/^\s*(\/\/|\/?\*).*$/gm, ""))
  .join("\n");

test("every code that a problem is given is in the catalogue", () => {
  const given = [...sources.matchAll(/\bcode: "([a-z]+(?:-[a-z]+)*)"/g)].map(([, code]) => code ?? "");
  assert.ok(given.length > 30, "the pattern no longer finds the codes");
  assert.deepEqual(
    given.filter((code) => !catalogue.includes(code)),
    [],
  );
});

test("every code of the catalogue is given somewhere", () => {
  assert.deepEqual(
    catalogue.filter((code) => !sources.includes(`"${code}"`)),
    [],
  );
});
