// The tree of a judgement: what decided, what led there, what did not matter, and what is left out of long lists.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { disagreement, originText, sameOrigin } from "../../../rules/explain/agreement.ts";
import { evaluate } from "../../../rules/explain/evaluate.ts";
import { findWritten } from "../../../rules/explain/originPlace.ts";
import { traceLines } from "../../../rules/explain/trace.ts";
import type { Judgement, Step } from "../../../rules/explain/types.ts";
import type { Resource } from "../../../rules/model/types.ts";
import type { Origin } from "../../../rules/ruleset/types.ts";
import { endpoint, policy, profile, resolved, rule } from "../resolve/resources.ts";
import { packet } from "./packets.ts";

const marks = { decisive: "!", way: "+", aside: " " } as const;

function drawn(judgement: Judgement, full = false): string[] {
  const noteOf = ({ index }: Origin) => (index === undefined ? undefined : `line ${index + 1}`);
  return traceLines(judgement, { full, noteOf }).map(({ text, weight }) => `${marks[weight]}${text}`);
}

const web = endpoint("web", { on: "eth0", profiles: ["open"] });
const open = profile("open", { ingress: [rule("Allow")] });
const tcp = (action: "Allow" | "Deny" | "Pass" | "Log", port: number) => rule(action, { protocol: 6, to: { ports: [port] } });

describe("the tree of a judgement", () => {
  test("marks the rule that decided, and dims what it was not", () => {
    const host = resolved([web, open, policy("a", { ingress: [tcp("Deny", 443), rule("Log"), tcp("Allow", 80)] })]);
    assert.deepEqual(drawn(evaluate(host, packet({}))), [
      " no untracked policy governs eth0",
      " before DNAT, in through eth0",
      " ├─ conntrack state is new",
      " └─ no pre-DNAT policy governs eth0",
      "+local in through eth0",
      " ├─ conntrack state is new",
      " ├─ not a workload interface",
      "+└─ eth0 is governed by HostEndpoint web: normal policy, ingress",
      "    ├─ conntrack state is valid",
      "    ├─ not an essential of IPv6",
      "    ├─ not a failsafe port",
      "+   └─ tier default",
      "+      └─ GlobalNetworkPolicy a ingress",
      "          ├─ rule 0 (Deny): no match, destination port 80 is in none of ports  [line 1]",
      "+         ├─ rule 1: Log  [line 2]",
      "!         └─ rule 2: Allow  [line 3]",
    ]);
  });

  test("marks the end of a tier that denied by default", () => {
    const lines = drawn(evaluate(resolved([web, policy("a", { ingress: [tcp("Allow", 443)] })]), packet({})));
    assert.deepEqual(
      lines.filter((line) => line.startsWith("!")),
      ["!      └─ no rule decided; the tier's default action is Deny"],
    );
  });

  test("marks nothing where nothing decided", () => {
    assert.ok(drawn(evaluate(resolved([]), packet({}))).every((line) => line.startsWith(" ")));
  });

  test("a rule that allowed at an earlier hook is on the way, the last one decides", () => {
    const host = resolved([web, policy("early", { list: "preDNAT", applyOnForward: true, ingress: [rule("Allow")] })]);
    const lines = drawn(evaluate(host, packet({})));
    assert.deepEqual(
      lines.filter((line) => line.includes("Allow")),
      ["!         └─ rule 0: Allow  [line 1]"],
    );
  });

  test("of rules that do not match, the first and last of a long run are shown, and all on demand", () => {
    const ports = Array.from({ length: 40 }, (_, at) => tcp("Deny", 1000 + at));
    const host = resolved([web, policy("a", { ingress: [...ports, tcp("Allow", 80), ...ports.slice(0, 3)] })]);
    const rules = (full: boolean) => drawn(evaluate(host, packet({})), full).filter((line) => /rules? /.test(line) && line.includes("─"));
    assert.deepEqual(
      rules(false).map((line) => line.replace(/:.*/, "").replace(/^.*─ /, "")),
      [
        "rule 0 (Deny)",
        "rule 1 (Deny)",
        "rule 2 (Deny)",
        "... 34 more rules that do not match",
        "rule 37 (Deny)",
        "rule 38 (Deny)",
        "rule 39 (Deny)",
        "rule 40",
      ],
    );
    assert.equal(rules(true).length, 41);
  });
});

describe("whether both engines agree", () => {
  const by = (origin: Origin | undefined, verdict: Judgement["verdict"] = "deny"): Judgement => ({ verdict, decidedBy: origin, path: [] as Step[] });
  const first: Origin = { kind: "GlobalNetworkPolicy", name: "a", direction: "ingress", index: 0 };
  const second: Origin = { ...first, index: 1 };
  const rows: readonly (readonly [name: string, meant: Judgement, compiled: Judgement, difference: RegExp | undefined])[] = [
    ["the same rule", by(first), by({ ...first }), undefined],
    ["no rule", by(undefined, "allow"), by(undefined, "allow"), undefined],
    ["another verdict", by(first), by(first, "allow"), /^by policy the verdict is deny by GlobalNetworkPolicy a ingress rule 0, in the ruleset it is allow by/],
    ["another rule", by(first), by(second), /rule 0, in the ruleset it is deny by GlobalNetworkPolicy a ingress rule 1$/],
    ["a rule and none", by(first, "allow"), by(undefined, "allow"), /it is allow by no rule$/],
    ["a rejection, whose chain all rules share", by(first), by({ kind: "hostward", name: "reject" }), undefined],
    ["no rejection may allow", by(first, "allow"), by({ kind: "hostward", name: "reject" }, "allow"), /reject$/],
  ];
  for (const [name, meant, compiled, difference] of rows) {
    test(name, () => {
      const found = disagreement(meant, compiled);
      if (difference === undefined) assert.equal(found, undefined);
      else assert.match(found ?? "", difference);
    });
  }

  test("origins are the same only with the same note", () => {
    assert.ok(!sameOrigin(first, { ...first, note: "x" }));
    assert.equal(originText({ ...first, note: "x" }), "GlobalNetworkPolicy a ingress rule 0: x");
  });
});

describe("where an origin was written", () => {
  const at = (line: number) => ({ source: "web.yaml", line });
  const rules = [1, 2].map((line) => ({ ...rule("Allow"), place: at(line + 10) }));
  const written: Resource[] = [
    { ...policy("a", { ingress: rules }), place: at(1) },
    { ...web, place: at(20) },
  ];
  const rows: readonly (readonly [name: string, origin: Origin, line: number | undefined])[] = [
    ["a rule", { kind: "GlobalNetworkPolicy", name: "a", direction: "ingress", index: 1 }, 12],
    ["a rule that is gone", { kind: "GlobalNetworkPolicy", name: "a", direction: "egress", index: 1 }, 1],
    ["a policy", { kind: "GlobalNetworkPolicy", name: "a", direction: "ingress" }, 1],
    ["a HostEndpoint", { kind: "HostEndpoint", name: "web" }, 20],
    ["a built-in tier", { kind: "Tier", name: "default", direction: "ingress", note: "end of tier" }, undefined],
    ["hostward itself", { kind: "hostward", name: "conntrack" }, undefined],
  ];
  for (const [name, origin, line] of rows) test(name, () => assert.equal(findWritten(origin, written)?.place.line, line));
});
