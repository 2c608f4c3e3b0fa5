// What one thread tells another of a document is enough to decode it, and only for a problem the text has to be looked at.

import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeChunk } from "../../../agent/sources/decodeChunk.ts";
import { retell, tell } from "../../../agent/sources/told.ts";
import { readChunk } from "../../../agent/sources/yaml.ts";

const version = "apiVersion: projectcalico.org/v3";
const policy = `${version}\nkind: GlobalNetworkPolicy\nmetadata: { name: p }\nspec:\n  ingress:\n  - action: Allow\n  egress:\n  - action: Deny\n  - action: Pass\n`;

const rows: readonly (readonly [sentence: string, text: string, isEnough: boolean])[] = [
  ["a policy with rules", policy, true],
  ["a profile with rules", policy.replace("GlobalNetworkPolicy", "Profile"), true],
  ["a set", `${version}\nkind: GlobalNetworkSet\nmetadata: { name: s }\nspec: { nets: [10.0.0.0/8] }\n`, true],
  [
    "a List of resources",
    `apiVersion: v1\nkind: List\nitems:\n- ${policy.trimEnd().replaceAll("\n", "\n  ")}\n- ${version}\n  kind: Tier\n  metadata: { name: t }\n`,
    true,
  ],
  ["others' business", "apiVersion: apps/v1\nkind: Deployment\n", true],
  ["two documents in one chunk", `${policy}...\n${policy}`, true],
  ["nothing", "# nothing\n", true],
  ["a wrong value", policy.replace("Allow", "Alow"), false],
  ["a field that there is not", policy.replace("egress", "egres"), false],
  ["a rule that is there twice, by an alias", policy.replace("- action: Deny", "- &r { action: Deny }\n  - *r"), true],
  ["rules that stand where an alias leads", `${version}\nkind: Profile\nmetadata: { name: p }\nstatus: &s { egress: [{ action: Deny }] }\nspec: *s\n`, false],
];

for (const [sentence, text, isEnough] of rows) {
  test(`${sentence}: what is told ${isEnough ? "is enough, and says the same" : "is not enough"}`, () => {
    const chunk = { text, line: 7 };
    const { documents, wasEnough } = retell(structuredClone(readChunk(chunk, "there").map(tell)), "here");
    const decoded = finish(decodeChunk(chunk, documents));
    assert.equal(wasEnough(), isEnough);
    if (isEnough) assert.deepEqual(decoded, finish(decodeChunk(chunk, readChunk(chunk, "here"))));
  });
}

function finish<T>(steps: Generator<void, T>): T {
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}
