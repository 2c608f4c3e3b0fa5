// Two of Felix's defects that no single packet shows: an edited selector that loses the wildcard (H20), and a rate limit that is used up by
// packets of other rules (M51).

import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryKernel } from "../../agent/kernel/memory.ts";
import { applyPass } from "../../agent/reconcile/pass.ts";
import { table } from "../../rules/compile/hooks.ts";
import { compileWorld, type Document, node, type World } from "../random/worlds.ts";

const apiVersion = "projectcalico.org/v3" as const;
const endpoint = (name: string, interfaceName: string): Document => ({
  apiVersion,
  kind: "HostEndpoint",
  metadata: { name, labels: { role: "web" } },
  spec: { node, interfaceName },
});
const policy = (selector: string, rule: object): Document => ({
  apiVersion,
  kind: "GlobalNetworkPolicy",
  metadata: { name: "p" },
  spec: { selector, ingress: [rule] },
});

const compiled = (documents: readonly Document[], settings: World["settings"] = {}) => compileWorld({ documents, settings });

test("H20: a policy whose selector text changes and still matches leaves the wildcard in force", async () => {
  const kernel = createMemoryKernel();
  const hosts = [endpoint("any", "*"), endpoint("eth0", "eth0")];
  const wildcardRules = () => (kernel.rules(table, "input") ?? []).filter(({ origin }) => origin.kind === "HostEndpoint" && origin.name === "any");
  const first = await applyPass(compiled([...hosts, policy("role == 'web'", { action: "Allow" })]), kernel, undefined);
  assert.equal(wildcardRules().length, 1);
  const chain = kernel.rules(table, "ep-in-any");
  assert.ok(chain !== undefined && chain.length > 0);
  const second = await applyPass(compiled([...hosts, policy("has(role)", { action: "Allow" })]), kernel, first.applied);
  assert.equal(wildcardRules().length, 1);
  assert.deepEqual(kernel.rules(table, "ep-in-any"), chain);
  assert.deepEqual(second.ruleset, first.ruleset, "the text of a selector is no part of the ruleset");
});

test("M51: the rate limit of a Log rule comes after everything that the rule matches", () => {
  const peers = { nets: ["10.0.0.0/8"], notPorts: [7] };
  const rule = { action: "Log", protocol: "TCP", source: peers, destination: { ports: [1, 2, "5:6"] } };
  const { ruleset } = compiled([endpoint("eth0", "eth0"), policy("all()", rule)], { logActionRateLimit: "1/minute" });
  const logging = ruleset.chains.flatMap(({ rules }) => rules).filter(({ statements }) => statements.some(({ kind }) => kind === "log"));
  assert.ok(logging.length > 0);
  for (const { statements } of logging) {
    const kinds = statements.map(({ kind }) => kind);
    const last = Math.max(kinds.lastIndexOf("match"), kinds.lastIndexOf("lookup"));
    assert.ok(last >= 0 && kinds.indexOf("limit") > last, kinds.join(" "));
    assert.deepEqual(kinds.slice(kinds.indexOf("limit")), ["limit", "log"]);
  }
});
