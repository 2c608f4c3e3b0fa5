import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { lint } from "../../tools/lint/main.ts";

const root = join(import.meta.dirname, "../..");
const opening = "// Turns one thing into another thing, and must not know of any third thing at all.\n";

/** The findings of the lint in a tree that has only these files, as "path:line rule". */
function findingsIn(files: Readonly<Record<string, string>>): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "hostward-lint-"));
  try {
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    const types = Object.values(files).some((text) => text.includes('"node:')) ? ["node"] : [];
    const compilerOptions = { strict: true, target: "es2024", module: "nodenext", types, allowImportingTsExtensions: true, noEmit: true };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["**/*.ts"] }));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const { findings } = lint(folder);
    return findings.map(({ path, line, rule, severity }) => `${path}:${line} ${rule}${severity === "report" ? " (aim)" : ""}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const one = `${opening}export const one = 1;\n`;
const body = (lines: number) => `${opening}export function long(): number {\n${"  one();\n".repeat(lines - 3)}  return 1;\n}\nfunction one(): void {}\n`;
const deep = (depth: number) => `${opening}export function deep(x: number): void {\n${"  if (x > 0) ".repeat(depth)}x++;\n}\n`;
const promising = `${opening}export async function work(): Promise<number> {\n  return 1;\n}\n`;
const shape = `${opening}export type Kind = "a" | "b" | "c";\n`;

interface Row {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly findings: readonly string[];
}

const importOne = (path: string, type = "") =>
  `${opening}import ${type}{ one } from "${path}";\nexport const two = ${type === "" ? "one" : "1 as typeof one"};\n`;

const rows: readonly Row[] = [
  { name: "a floor may import the floor below it", files: { "rules/net/a.ts": one, "rules/model/b.ts": importOne("../net/a.ts") }, findings: [] },
  {
    name: "a floor may not import the floor above it",
    files: { "rules/model/a.ts": one, "rules/net/b.ts": importOne("../model/a.ts") },
    findings: ["rules/net/b.ts:2 floor"],
  },
  {
    name: "selector and ruleset stand beside each other",
    files: { "rules/selector/a.ts": one, "rules/ruleset/b.ts": importOne("../selector/a.ts") },
    findings: ["rules/ruleset/b.ts:2 floor"],
  },
  {
    name: "native may know types of the ruleset",
    files: { "rules/ruleset/a.ts": one, "native/b.ts": importOne("../rules/ruleset/a.ts", "type ") },
    findings: [],
  },
  {
    name: "native may not know values of the ruleset",
    files: { "rules/ruleset/a.ts": one, "native/b.ts": importOne("../rules/ruleset/a.ts") },
    findings: ["native/b.ts:2 floor"],
  },
  {
    name: "agent may not import main",
    files: { "agent/main.ts": one, "agent/store/b.ts": importOne("../main.ts") },
    findings: ["agent/store/b.ts:2 floor"],
  },
  {
    name: "rules may not import Node's modules",
    files: { "rules/net/a.ts": `${opening}import { isIP } from "node:net";\nexport const x = isIP("");\n` },
    findings: ["rules/net/a.ts:2 floor"],
  },
  { name: "a folder of no floor is refused", files: { "rules/extra/a.ts": one }, findings: ["rules/extra/a.ts:1 floor"] },
  {
    name: "two files that import each other are a cycle",
    files: {
      "rules/net/a.ts": `${opening}import { b } from "./b.ts";\nexport const a = () => b;\n`,
      "rules/net/b.ts": `${opening}import { a } from "./a.ts";\nexport const b = () => a;\n`,
    },
    findings: ["rules/net/a.ts:2 cycle"],
  },
  { name: "a function of 40 lines is fine", files: { "agent/a.ts": body(40) }, findings: [] },
  { name: "a function of 41 lines misses the aim", files: { "agent/a.ts": body(41) }, findings: ["agent/a.ts:2 function-lines (aim)"] },
  { name: "a function of 61 lines is too long", files: { "agent/a.ts": body(61) }, findings: ["agent/a.ts:2 function-lines"] },
  { name: "a file of 451 lines is too long", files: { "agent/a.ts": one + "\n".repeat(449) }, findings: ["agent/a.ts:1 file-lines"] },
  {
    name: "five parameters are too many",
    files: { "agent/a.ts": `${opening}export const f = (a: 1, b: 1, c: 1, d: 1, e: 1) => [a, b, c, d, e];\n` },
    findings: ["agent/a.ts:2 parameters"],
  },
  { name: "three levels of nesting are fine", files: { "agent/a.ts": deep(3) }, findings: [] },
  { name: "five levels of nesting are too many", files: { "agent/a.ts": deep(5) }, findings: ["agent/a.ts:2 nesting"] },
  {
    name: "a chain of else-if is one level",
    files: { "agent/a.ts": `${opening}export function f(x: number): void {\n  ${"if (x > 1) x--;\n  else ".repeat(6)}x++;\n}\n` },
    findings: [],
  },
  { name: "a file without an opening is refused", files: { "agent/a.ts": "export const one = 1;\n" }, findings: ["agent/a.ts:1 opening"] },
  { name: "an opening of nine lines is refused", files: { "agent/a.ts": `${opening.repeat(9)}export const one = 1;\n` }, findings: ["agent/a.ts:1 opening"] },
  { name: "a folder named utils is refused", files: { "agent/utils/a.ts": one }, findings: ["agent/utils/a.ts:1 name"] },
  { name: "a file named helpers is refused", files: { "test/helpers.ts": one }, findings: ["test/helpers.ts:1 name"] },
  { name: "a note for later is refused", files: { "agent/a.ts": `${one}// ${"TO"}${"DO"} later\n` }, findings: ["agent/a.ts:3 note"] },
  {
    name: "a skip without a reason is refused, with one it is fine",
    files: {
      "test/a.test.ts": `import { test } from "node:test";
test("a", { skip: true }, () => {});
test.skip("b", () => {});
test("c", (t) => t.skip());
test("d", { skip: "kernel before 6.9 has no PERSIST" }, () => {});
`,
    },
    findings: ["test/a.test.ts:2 skip", "test/a.test.ts:3 skip", "test/a.test.ts:4 skip"],
  },
  {
    name: "a promise as a statement is refused, also a library's",
    files: {
      "agent/work.ts": promising,
      "agent/b.ts": `${opening}import { readFile } from "node:fs/promises";
import { work } from "./work.ts";
export function start(): void {
  work();
  readFile("x");
  void work();
  work().catch(() => {});
}
export async function wait(): Promise<void> {
  await work();
}
`,
    },
    findings: ["agent/b.ts:5 promise", "agent/b.ts:6 promise"],
  },
  {
    name: "a switch that misses a member of the union is refused",
    files: {
      "agent/kind.ts": shape,
      "agent/b.ts": `${opening}import type { Kind } from "./kind.ts";
export function show(kind: Kind): void {
  switch (kind) {
    case "a":
    case "b":
      break;
  }
  switch (kind) {
    case "a":
      break;
    default:
  }
}
`,
    },
    findings: ["agent/b.ts:4 switch"],
  },
];

for (const row of rows) {
  test(row.name, () => {
    assert.deepEqual(findingsIn(row.files), row.findings);
  });
}
