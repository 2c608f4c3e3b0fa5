// What an explanation complains of: above all of two engines that are not of one mind, which no manifest brings about.

import assert from "node:assert/strict";
import { test } from "node:test";
import { complaintOf, type Explanation, explanationJson, explanationText } from "../../../agent/cli/explanation.ts";
import { disagreement } from "../../../rules/explain/agreement.ts";
import { evaluate } from "../../../rules/explain/evaluate.ts";
import { parsePacket } from "../../../rules/explain/packet.ts";
import { endpoint, policy, resolved, rule } from "../../rules/resolve/resources.ts";

const resources = [endpoint("web", { on: "eth0" }), policy("a", { ingress: [rule("Allow")] })];
const packet = parsePacket("in:eth0 tcp 10.0.0.9:40000 > 10.0.0.1:80");
const meant = evaluate(resolved(resources), packet);

function explained(compiled = meant, expected?: Explanation["expected"]): Explanation {
  return { node: "host1", packet, meant, compiled, difference: disagreement(meant, compiled), resources, ...(expected === undefined ? {} : { expected }) };
}

test("nothing, when both engines agree and nothing was expected", () => assert.equal(complaintOf(explained()), undefined));

test("two engines that differ are a defect, told loudly, with the flow, and end with 5", () => {
  const differing = explained({ verdict: "deny", decidedBy: undefined, path: [] });
  assert.deepEqual(complaintOf(differing), {
    exitCode: 5,
    text: [
      "POLICY AND RULESET DIFFER: by policy the verdict is allow by GlobalNetworkPolicy a ingress rule 0, in the ruleset it is deny by no rule.",
      "This is a defect of hostward: please report it with the manifests and this flow:",
      "  in:eth0 tcp 10.0.0.9:40000 > 10.0.0.1:80",
    ].join("\n"),
  });
  const json = JSON.parse(JSON.stringify(explanationJson(differing))) as Record<string, unknown>;
  assert.deepEqual([json["verdict"], json["agree"]], ["allow", false]);
  assert.match(explanationText(differing, false), /In the ruleset\nno chain of hostward is at the hooks that it passes\n/);
});

test("a difference counts before an expectation", () => {
  const both = explained({ verdict: "deny", decidedBy: undefined, path: [] }, { verdict: "deny", by: undefined });
  assert.equal(complaintOf(both)?.exitCode, 5);
});

test("an expectation that does not hold ends with 1", () => {
  assert.equal(complaintOf(explained(meant, { verdict: "allow", by: "a ingress rule 0" })), undefined);
  assert.deepEqual(complaintOf(explained(meant, { verdict: "allow", by: "rule 01" })), {
    exitCode: 1,
    text: "expected allow by rule 01, and it is allow by GlobalNetworkPolicy a ingress rule 0",
  });
});
