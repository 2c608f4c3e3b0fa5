// Named hosts, as documents and settings, that differ in everything a ruleset is made of. Each is what somebody could have in force
// before or after an edit of any other.

import type { Document, World } from "./worlds.ts";
import { node } from "./worlds.ts";

const apiVersion = "projectcalico.org/v3" as const;

interface Form {
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

function document(kind: string, name: string, { labels, spec }: Form): Document {
  return { apiVersion, kind, metadata: { name, ...(labels === undefined ? {} : { labels }) }, spec };
}

const endpoint = (name: string, interfaceName: string, spec: Form["spec"] = {}) =>
  document("HostEndpoint", name, { labels: { role: "web" }, spec: { node, interfaceName, ...spec } });
const policy = (name: string, spec: Form["spec"]) => document("GlobalNetworkPolicy", name, { spec: { selector: "role == 'web'", ...spec } });
const peers = (nets: readonly string[]) => document("GlobalNetworkSet", "peers", { labels: { kind: "peer" }, spec: { nets } });
const fromPeers = policy("from-peers", {
  ingress: [{ action: "Allow", protocol: "TCP", source: { selector: "kind == 'peer'" }, destination: { ports: [443] } }],
});

const both = ["Ingress", "Egress"];
const eth0 = endpoint("eth0", "eth0");
const wildcard = endpoint("any", "*", { profiles: ["projectcalico-default-allow"] });

const world = (documents: readonly Document[], settings: World["settings"] = {}): World => ({ documents, settings });

const forward = policy("forward", {
  applyOnForward: true,
  types: both,
  ingress: [{ action: "Allow", protocol: "TCP", destination: { ports: ["80:90", 443] } }],
  egress: [{ action: "Deny", protocol: "UDP" }],
});
const preDNAT = policy("node-ports", {
  applyOnForward: true,
  preDNAT: true,
  ingress: [
    { action: "Allow", source: { nets: ["10.0.0.0/8"] } },
    { action: "Deny", protocol: "TCP", destination: { ports: ["30000:32767"] } },
  ],
});
const untracked = policy("fast", {
  applyOnForward: true,
  doNotTrack: true,
  types: both,
  ingress: [{ action: "Allow", protocol: "UDP", destination: { ports: [53] } }],
  egress: [{ action: "Allow", protocol: "UDP", source: { ports: [53] } }],
});

/** As rejecting sees it: with everything on, and every setting another than its default. */
const unusual = {
  failsafeInboundHostPorts: "tcp:22, tcp:10.0.0.0/8:2222, sctp:[fd00::/64]:99",
  failsafeOutboundHostPorts: "none",
  defaultEndpointToHostAction: "Accept",
  interfacePrefix: "cali,tap",
  nftablesFilterDenyAction: "Reject",
  nftablesMarkMask: "0x000000f0",
  disableConntrackInvalidCheck: "true",
  logPrefix: "%t/%n",
  logActionRateLimit: "10/minute",
  policeLoopback: "true",
  allowEssentials: "false",
  vxlanEnabled: "true",
  encapsulationPeers: "10.9.0.0/16, fd09::1",
} as const;

export const snapshots: Readonly<Record<string, World>> = {
  nothing: world([]),
  "one endpoint": world([eth0]),
  "a wildcard": world([wildcard]),
  "profiles, one of them missing": world([
    endpoint("eth0", "eth0", { profiles: ["open", "ghost"] }),
    document("Profile", "open", { spec: { ingress: [{ action: "Allow", protocol: "TCP" }], egress: [{ action: "Allow" }], labelsToApply: { zone: "a" } } }),
  ]),
  "tiers with passes": world([
    eth0,
    wildcard,
    document("Tier", "security", { spec: { order: 1, defaultAction: "Pass" } }),
    policy("guard", {
      tier: "security",
      ingress: [
        { action: "Pass", protocol: "TCP" },
        { action: "Deny", notProtocol: "UDP" },
      ],
    }),
    policy("late", { tier: "ghost", ingress: [{ action: "Allow" }] }),
    policy("empty", { ingress: [], types: both }),
  ]),
  "a selector with few addresses": world([eth0, fromPeers, peers(["10.0.0.5", "10.0.0.6", "fd00::5"])]),
  "a selector with many addresses": world([eth0, fromPeers, peers(Array.from({ length: 400 }, (_, at) => `10.1.${at >> 8}.${at & 255}`))]),
  "a selector with networks": world([eth0, fromPeers, peers(["10.0.0.0/29", "10.0.0.4", "10.8.0.0/16", "fd00::/64"])]),
  "named ports": world([
    endpoint("eth0", "eth0", { expectedIPs: ["10.0.0.1", "fd00::1"], ports: [{ name: "web", protocol: "TCP", port: 8080 }] }),
    policy("by-name", {
      ingress: [
        { action: "Allow", protocol: "TCP", destination: { ports: ["web", 443] } },
        { action: "Deny", source: { ports: ["web"] } },
      ],
    }),
  ]),
  "forward policy": world([eth0, wildcard, forward]),
  "pre-DNAT policy": world([eth0, wildcard, preDNAT]),
  "untracked policy": world([eth0, wildcard, untracked]),
  "all lists, rejecting, unusual settings": world(
    [eth0, wildcard, forward, preDNAT, untracked, fromPeers, policy("logged", { ingress: [{ action: "Log" }, { action: "Deny" }] })],
    unusual,
  ),
};
