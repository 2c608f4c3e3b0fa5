// Texts for the fuzzers of the manifest reader: the test cases' manifests with slips in them, and pieces of YAML in any order. Most are not valid.

import { globSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { mutated } from "./budget.ts";

const root = new URL("../../", import.meta.url);
export const manifests = globSync("test/cases/*/input.yaml", { cwd: root }).map((path) => readFileSync(new URL(path, root), "utf8"));

/** What YAML and the resources give a meaning to, and slips that people make with it. */
const words = [
  ..."---|...|%YAML 1.1|&a|*a|<<: *a|!!str|!x|? |: |- |{|}|[|]|\"|'|\\|>-|#|\n|\r\n|\t|  |\uFEFF|\0|~|null|yes|.inf|0x1f|1e3|@|`".split("|"),
  ..."kind: List\nitems:\n|apiVersion: v1\n|kind: Tier\n|spec:\n|all()|10.0.0.0/8|::/0|80:90|TCP|-1|labels: {a: b}".split("|"),
];

export const texts = fc.oneof(
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 200 }) },
  { weight: 2, arbitrary: fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((parts) => parts.join("")) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom("[", "{a: ", "- ", "? ", "a:\n  ", "---\n", "&a [*a,"), fc.nat(3000)).map(([word, times]) => word.repeat(times)),
  },
  { weight: 6, arbitrary: mutated(fc.constantFrom(...manifests), words) },
);

/** More of what can stand in YAML, in pieces that go together: of such texts many are valid. */
const common = [
  ..."a|b|k: |k: v\n|l:\n|- |- i\n|  k: v\n|  - i\n|\n|\n|\n  |\n  k: |\n  - |\n    k: v|\n- |\n- x|\n  - k: v\n    |v w|{b: c}|[a]|# c|é|10.0.0.0/8|::1".split(
    "|",
  ),
  ...["k: |\n  x\n", "l: >-\n  ", "  k: |\n    x\n"],
];
const rare = [
  ..."{|}|[|]|{a: 1, |b: [|1]}|, |: |:|  | |'|\"|\"q\"|'s'|\"x\n  y\"|#|>-|? |&a |*a|!t |%|---|...|\t|\r\n|\\|\\n|\\u00e9|l:\n- 's'|- 's' |- ''|''".split("|"),
  ..."~|null|true|yes|off|No|y|0x1F|0o7|1e3|.5|1.|-1|+7|1_0|012|12:30|2020-01-01|.inf|.NaN|@|`|<<: |__proto__: |a:b|a#b|😀".split("|"),
  ..."\u2028|\u0085|\u00a0|\uFEFF|\u0001|\u007f|=|has(x) && !all()|a == 'b'".split("|"),
  "|",
];
const pieces = fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...common) }, { weight: 1, arbitrary: fc.constantFrom(...rare) });

export const yamlTexts = fc.array(pieces, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(""));
