// hostward beside another table, in the kernel: its allow does not end the other's chains, and the other's accept does not end hostward's.

import "../lab/enter.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { applyPass } from "../../agent/reconcile/pass.ts";
import { evaluate } from "../../rules/explain/evaluate.ts";
import { parseFlow } from "../../rules/explain/packet.ts";
import { caseOf } from "../corpus/case.ts";
import { assertDelivered, assertVerdicts } from "../corpus/packets.ts";
import { openWiredKernel } from "../corpus/wiredKernel.ts";
import { compileWorld, type Document, interfaces, node } from "../random/worlds.ts";

const endpoint: Document = {
  apiVersion: "projectcalico.org/v3",
  kind: "HostEndpoint",
  metadata: { name: "eth0", labels: { role: "web" } },
  spec: { node, interfaceName: "eth0" },
};
const policy: Document = {
  apiVersion: "projectcalico.org/v3",
  kind: "GlobalNetworkPolicy",
  metadata: { name: "p" },
  spec: { ingress: [{ action: "Allow", protocol: "TCP", destination: { ports: [80, 81] } }] },
};

/** Before and after hostward's own chain. */
const foreign = `table inet foreign {
  chain early { type filter hook input priority -10; tcp dport 82 accept; }
  chain late { type filter hook input priority 10; tcp dport 81 drop; }
}`;

const { wire, kernel } = await openWiredKernel();

test("accept is not final: another table's drop counts after hostward's allow, hostward's drop after another's accept", async () => {
  const compiled = compileWorld({ documents: [endpoint, policy], settings: {} });
  const lines = [80, 81, 82].map((port) => `in:eth0 tcp 10.0.0.9:40000 > 10.0.0.1:${port} -> ${port === 80 ? "allow" : "deny"}`);
  const rows = lines.map((text, index) => ({ line: index + 1, text, flow: parseFlow(text) }));
  const { resolved } = compiled;
  const loaded = caseOf({ name: "other tables", interfaces, resolved, rows });
  assert.deepEqual(
    rows.map(({ flow: { packet } }) => evaluate(resolved, packet).verdict),
    ["allow", "allow", "deny"],
    "what hostward alone says",
  );
  const plans = await assertDelivered(wire, loaded);
  await applyPass(compiled, kernel, undefined);
  await wire.host.nft(foreign);
  await assertVerdicts(wire, loaded, plans);
});
