// The agent's catalogue of problem codes is exactly what the agent's sources use.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { agentProblemCodes } from "../../agent/problemCodes.ts";

const root = new URL("../../", import.meta.url);
const catalogue = Object.keys(agentProblemCodes);

function usedCodes(): Set<string> {
  const files = globSync("agent/**/*.ts", { cwd: root }).filter((path) => path !== "agent/problemCodes.ts" && !path.startsWith("agent/kernel/"));
  const texts = files.map((path) => readFileSync(new URL(path, root), "utf8"));
  return new Set(texts.flatMap((text) => [...text.matchAll(/\bcode: "([a-z]+(?:-[a-z]+)*)"/g)].map((match) => match[1] ?? "")));
}

test("every code that the agent gives is in its catalogue", () => {
  assert.deepEqual(
    [...usedCodes()].filter((code) => !catalogue.includes(code)),
    [],
  );
});

test("every code of the catalogue is given somewhere", () => {
  const used = usedCodes();
  assert.deepEqual(
    catalogue.filter((code) => !used.has(code) && !code.startsWith("kernel-")),
    [],
  );
});

test("every code of a KernelError has a problem code", () => {
  const text = readFileSync(new URL("agent/kernel/interface.ts", root), "utf8");
  const union = /export type KernelErrorCode =(.*?)export class/s.exec(text)?.[1] ?? "";
  const codes = [...union.matchAll(/\| "([a-z]+)"/g)].map((match) => `kernel-${match[1]}`);
  assert.equal(codes.length, 7);
  assert.deepEqual(codes.toSorted(), catalogue.filter((code) => code.startsWith("kernel-")).toSorted());
});
