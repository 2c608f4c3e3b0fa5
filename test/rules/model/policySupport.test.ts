// docs/policy-support.md has a row for every field that the decoders read, none for any other, and no row calls a field enforced that they pass over.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Decoder, Field } from "../../../rules/model/decoder.ts";
import { kinds } from "../../../rules/model/kinds.ts";

type Fields = ReadonlyMap<string, Field<unknown>>;

/** All fields of a decoder by their paths, "spec.ports[].name". */
function fieldsOf(decoder: Decoder<unknown>, path = ""): [string, Field<unknown>][] {
  const { shape } = decoder;
  if (shape === undefined) return [];
  if (shape.kind === "list") return fieldsOf(shape.item, `${path}[]`);
  return Object.entries(shape.fields).flatMap(([name, field]) => {
    const own = path === "" ? name : `${path}.${name}`;
    return [[own, field] as [string, Field<unknown>], ...fieldsOf(field.decoder, own)];
  });
}

/** The fields whose paths the pattern begins, without that beginning; those of several beginnings together. */
function within(fields: readonly (readonly [string, Field<unknown>])[], pattern: RegExp): Fields {
  return new Map(fields.flatMap(([path, field]) => (pattern.test(path) ? [[path.replace(pattern, ""), field] as const] : [])));
}

const ofRule = /^spec\.(ingress|egress)\[\]\./;
const ofSide = /^(source|destination)\./;
const ofEvery = /^(apiVersion|kind|status|metadata)\b/;

const byKind = new Map(kinds.map(({ kind, decoder }) => [kind as string, fieldsOf(decoder)]));
const judging = ["GlobalNetworkPolicy", "Profile"].flatMap((kind) => byKind.get(kind) ?? []);
const passive = ["StagedGlobalNetworkPolicy", "NetworkPolicy", "StagedNetworkPolicy"].flatMap((kind) => byKind.get(kind) ?? []);

function withoutSides(fields: Fields): Fields {
  return new Map([...fields].filter(([path]) => !ofSide.test(path)));
}

const expected = new Map<string, Fields>([
  ["Every kind", new Map([...byKind.values()].flat().filter(([path]) => ofEvery.test(path)))],
  ...[...byKind].map(([kind, fields]) => [kind, new Map(fields.filter(([path]) => !ofEvery.test(path) && !ofRule.test(path)))] as const),
  ["Rules", withoutSides(within(judging, ofRule))],
  ["Sides of rules", within([...within(judging, ofRule)], ofSide)],
]);

interface Row {
  readonly path: string;
  readonly treatment: string;
}

/** The tables of the document, by the headings over them. */
const sections = new Map(
  readFileSync(new URL("../../../docs/policy-support.md", import.meta.url), "utf8")
    .split(/^## /m)
    .slice(1)
    .map((section): [string, readonly Row[]] => {
      const rows = [...section.matchAll(/^\| `([^`]+)` \| ([^|]+) \|/gm)].map(([, path = "", treatment = ""]) => ({ path, treatment }));
      return [section.slice(0, section.indexOf("\n")), rows];
    }),
);

test("the document has a section for each kind, and for what several share", () => {
  assert.deepEqual([...sections.keys()].sort(), [...expected.keys()].sort());
});

for (const [section, fields] of expected) {
  test(`${section}: each field has a row, and each row a field`, () => {
    assert.deepEqual((sections.get(section) ?? []).map(({ path }) => path).sort(), [...fields.keys()].sort());
  });

  test(`${section}: what the decoders pass over or refuse is called so, and nothing else is`, () => {
    const isShown = section.startsWith("Staged") || section.endsWith("NetworkPolicy");
    const read = section !== "GlobalNetworkPolicy" && isShown ? ["shown"] : ["enforced", "never matches hosts"];
    for (const { path, treatment } of sections.get(section) ?? []) {
      const effect = path === "metadata.namespace" ? undefined : fields.get(path)?.effect;
      const allowed = effect === "none" ? ["without effect"] : effect === "refused" ? ["refused"] : read;
      assert.ok(allowed.includes(treatment), `${path} is ${treatment}, should be ${allowed.join(" or ")}`);
    }
  });
}

test("the rules of kinds that are only shown have the same fields, and refuse none", () => {
  const shown = within(passive, ofRule);
  assert.deepEqual([...shown.keys()].sort(), [...within(judging, ofRule).keys()].sort());
  assert.deepEqual(
    [...shown].filter(([, { effect }]) => effect === "refused").map(([path]) => path),
    [],
  );
});
