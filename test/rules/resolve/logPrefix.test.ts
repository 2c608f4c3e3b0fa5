// The text before a logged packet: semantics M50, G50.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { expandLogPrefix } from "../../../rules/resolve/logPrefix.ts";
import { endpoint, found, policy, profile, resolved, rule } from "./resources.ts";

const subject = { kind: "GlobalNetworkPolicy", namespace: "", name: "ssh", tier: "default" };

describe("a log prefix", () => {
  const rows = [
    { name: "ends in a colon and a space", template: "calico-packet", expected: "calico-packet: " },
    { name: "names tier, kind, name and path", template: "%t/%k/%n/%p", expected: "default/gnp/ssh/ssh: " },
    { name: "has the namespace in the path", template: "%p", of: { ...subject, namespace: "prod" }, expected: "prod/ssh: " },
    { name: "has no tier for a profile", template: "%k [%t] %n", of: { ...subject, kind: "Profile", tier: "" }, expected: "pro [] ssh: " },
    { name: "leaves what it does not know", template: "100%% %x %", expected: "100%% %x %: " },
    { name: "does not expand what a name contains", template: "%n", of: { ...subject, name: "%t" }, expected: "%t: " },
    { name: "is cut to 127 bytes", template: "x".repeat(200), expected: "x".repeat(127) },
    { name: "keeps 127 bytes whole", template: "x".repeat(125), expected: `${"x".repeat(125)}: ` },
    { name: "is cut between characters", template: `x${"é".repeat(100)}`, expected: `x${"é".repeat(63)}` },
    { name: "is not cut inside a character beyond the first plane", template: "\u{1f525}".repeat(40), expected: "\u{1f525}".repeat(31) },
  ];
  for (const { name, template, of = subject, expected } of rows) test(name, () => assert.equal(expandLogPrefix(template, of), expected));
});

test("only Log rules have one, each with its policy's names", () => {
  const rules = [rule("Log"), rule("Allow")];
  const resources = [endpoint("id1", { on: "eth0", profiles: ["open"] }), policy("p", { ingress: rules }), profile("open", { ingress: rules })];
  const { lists, profiles } = found(resolved(resources, undefined, { logPrefix: "%t %k %n" }), "id1");
  assert.deepEqual(
    lists.normal.ingress[0]?.policies[0]?.rules.map(({ logPrefix }) => logPrefix),
    ["default gnp p: ", undefined],
  );
  assert.deepEqual(
    profiles[0]?.ingress.rules.map(({ logPrefix }) => logPrefix),
    [" pro open: ", undefined],
  );
});
