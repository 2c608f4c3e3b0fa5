// The defaults against the table of semantics 1.8.

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatFailsafe } from "../../../rules/net/failsafe.ts";
import { defaultPolicySettings } from "../../../rules/resolve/settings.ts";

test("the settings are FelixConfiguration's defaults, with essentials allowed and loopback exempt", () => {
  const { failsafeInbound, failsafeOutbound, ...others } = defaultPolicySettings;
  assert.deepEqual(others, {
    endpointToHostAction: "Drop",
    interfacePrefix: ["cali"],
    interfaceExclude: [{ kind: "name", name: "kube-ipvs0" }],
    denyAction: "Drop",
    markMask: 0xffff0000,
    logPrefix: "calico-packet",
    policeLoopback: false,
    allowEssentials: true,
    invalidCheck: true,
    logRateLimit: undefined,
    encapsulation: { vxlan: [], ipip: false, wireguard: [], peers: [] },
  });
  const inbound = "tcp:22, udp:68, tcp:179, tcp:2379, tcp:2380, tcp:5473, tcp:6443, tcp:6666, tcp:6667";
  const outbound = "udp:53, udp:67, tcp:179, tcp:2379, tcp:2380, tcp:5473, tcp:6443, tcp:6666, tcp:6667";
  assert.equal(failsafeInbound.map(formatFailsafe).join(", "), inbound);
  assert.equal(failsafeOutbound.map(formatFailsafe).join(", "), outbound);
});
