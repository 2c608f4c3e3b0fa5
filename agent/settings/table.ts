// Every setting of hostward, once: its name (also its key in the settings file), type, default and explanation. Loading, the messages
// about bad values, `hostward run --help` and docs/settings.md all read this table. Names and defaults are FelixConfiguration's
// where it has the setting (semantics 1.8). What a value must look like is in values.ts.

import { hostname } from "node:os";
import {
  boolean,
  choice,
  failsafes,
  integer,
  interfacePatterns,
  interfacePrefixes,
  logPrefix,
  mark,
  networks,
  rateLimit,
  text,
  type ValueType,
} from "./values.ts";

export interface Setting<T> {
  readonly type: ValueType<T>;
  /** As somebody would write it, so that what is documented is what is parsed. */
  readonly fallback: () => string;
  /** Shown instead of the default where that differs from host to host. */
  readonly fallbackShown?: string;
  readonly doc: string;
  /** Command-line flag, for the settings that say where things are. */
  readonly flag?: string;
  /** False: cannot stand in the settings file. */
  readonly inFile?: false;
}

function setting<T>(type: ValueType<T>, fallback: string | (() => string), rest: Omit<Setting<T>, "type" | "fallback">): Setting<T> {
  return { type, fallback: typeof fallback === "string" ? () => fallback : fallback, ...rest };
}

const path = text("a path", /^[^\0]+$/);
const nodeName = text(
  "a DNS-1123 name (lower-case letters, digits, - and .), equal to spec.node of this host's HostEndpoints",
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
);

const port = integer(1, 65535);

/** In nft both are the same (semantics P60, G18). */
function allowAction(what: string): string {
  return `${what} goes on to the next table either way: in nftables the verdict of one table ends only its own chain, and a drop in another is final. Kept for configurations of Felix.`;
}

/** Section 0, row 27. */
function tunnel(name: string, packets: string): string {
  return `Whether ${name} packets (${packets}) from and to other nodes pass whatever the policy. What they carry is judged where it leaves the tunnel.`;
}

export const settingsTable = {
  node: setting(nodeName, () => hostname().toLowerCase(), {
    flag: "--node",
    fallbackShown: "the host's name in lower case",
    doc: "Which HostEndpoints are this host's: those whose spec.node is exactly this name.",
  }),
  datastore: setting(choice("file"), "file", {
    flag: "--datastore",
    doc: "Where resources come from: `file` reads the manifests in a directory.",
  }),
  manifests: setting(path, "/etc/hostward/manifests", {
    flag: "--manifests",
    doc: "Directory of the file datastore: its *.yaml, *.yml and *.json files are read and watched; subdirectories and hidden files are not.",
  }),
  control: setting(path, "/run/hostward/control.sock", {
    flag: "--control",
    doc: "Unix socket on which the daemon answers `hostward status` and `hostward get`.",
  }),
  state: setting(text("a path, or nothing", /^[^\0]*$/), "/var/lib/hostward", {
    flag: "--state",
    doc: [
      "Directory for what has to outlive the daemon: what was last valid of each manifest, in force at a start that finds it invalid or unreadable,",
      "and what is in force in place of policies that the kernel refuses.",
      "Empty: nothing is kept.",
    ].join(" "),
  }),
  config: setting(text("a path", /^[^\0]*$/), "", {
    flag: "--config",
    fallbackShown: "no file",
    inFile: false,
    doc: "Settings file: YAML, one key a setting.",
  }),
  failsafeInboundHostPorts: setting(failsafes, "tcp:22, udp:68, tcp:179, tcp:2379, tcp:2380, tcp:5473, tcp:6443, tcp:6666, tcp:6667", {
    doc: "Ports of this host that stay reachable whatever the policy says, so that nobody locks themselves out.",
  }),
  failsafeOutboundHostPorts: setting(failsafes, "udp:53, udp:67, tcp:179, tcp:2379, tcp:2380, tcp:5473, tcp:6443, tcp:6666, tcp:6667", {
    doc: "Ports elsewhere that this host can always reach, whatever the policy says.",
  }),
  defaultEndpointToHostAction: setting(choice("Drop", "Return", "Accept"), "Drop", {
    doc: "What happens to packets from workload interfaces to the host itself: dropped, left to the host endpoint's policy, or accepted.",
  }),
  interfacePrefix: setting(interfacePrefixes, "cali", {
    doc: "Interfaces whose names start so belong to workloads: no HostEndpoint governs them.",
  }),
  interfaceExclude: setting(interfacePatterns, "kube-ipvs0", {
    doc: "Interfaces that no HostEndpoint governs. An entry between slashes is a regular expression that may match anywhere in the name.",
  }),
  nftablesFilterDenyAction: setting(choice("Drop", "Reject"), "Drop", {
    doc: "How a packet is denied: silently, or with a TCP reset or ICMP error where the hook allows one.",
  }),
  nftablesFilterAllowAction: setting(choice("Accept", "Return"), "Accept", {
    doc: allowAction("A packet that a policy allows"),
  }),
  nftablesMangleAllowAction: setting(choice("Accept", "Return"), "Accept", {
    doc: allowAction("A packet that a pre-DNAT policy allows"),
  }),
  disableConntrackInvalidCheck: setting(boolean, "false", {
    doc: [
      "Whether packets that conntrack calls INVALID are left to the policy. Otherwise they are dropped on every HostEndpoint, before failsafe ports,",
      "which hosts with asymmetric routes cannot do with.",
    ].join(" "),
  }),
  nftablesMarkMask: setting(mark, "0xffff0000", {
    doc: "Bits of the packet mark that hostward may use. It uses the lowest one, and only while a pre-DNAT or untracked policy exists.",
  }),
  logPrefix: setting(logPrefix, "calico-packet", {
    doc: "Start of the kernel log line of a Log rule, before `: `. %t is the tier, %k the kind in short, %n the name, %p namespace and name of the policy.",
  }),
  logActionRateLimit: setting(rateLimit, "none", {
    doc: "How many packets each Log rule logs at most, in the long run. Only packets that the rule matches count.",
  }),
  logActionRateLimitBurst: setting(integer(0, 9999), "5", {
    doc: "How many packets a Log rule with a rate limit logs at once before the limit holds. The kernel takes 0 for 5.",
  }),
  vxlanEnabled: setting(boolean, "false", { doc: tunnel("VXLAN", "UDP to vxlanPort") }),
  vxlanPort: setting(port, "4789", { doc: "UDP port of VXLAN." }),
  ipipEnabled: setting(boolean, "false", { doc: tunnel("IP-in-IP", "protocol 4, over IPv4") }),
  wireguardEnabled: setting(boolean, "false", { doc: tunnel("WireGuard", "UDP to wireguardListeningPort") }),
  wireguardListeningPort: setting(port, "51820", { doc: "UDP port of WireGuard over IPv4." }),
  wireguardEnabledV6: setting(boolean, "false", { doc: tunnel("WireGuard over IPv6", "UDP to wireguardListeningPortV6") }),
  wireguardListeningPortV6: setting(port, "51821", { doc: "UDP port of WireGuard over IPv6." }),
  encapsulationPeers: setting(networks, "none", {
    doc: "Where tunnels may come from and lead to besides the expectedIPs of other nodes' HostEndpoints: for nodes that have none.",
  }),
  logSeverityScreen: setting(choice("Trace", "Debug", "Info", "Warning", "Error", "Fatal"), "Info", {
    doc: "The least severe events that hostward's own log shows.",
  }),
  policeLoopback: setting(boolean, "false", {
    doc: 'Whether a HostEndpoint with interfaceName "*" governs `lo` too. One that names `lo` always does.',
  }),
  allowEssentials: setting(boolean, "true", {
    doc: "Whether IPv6 neighbour discovery and multicast listener messages pass before any policy. Without them even failsafe ports fail over IPv6.",
  }),
  tableOwnership: setting(boolean, "false", {
    doc: [
      "Whether the kernel protects hostward's table from other processes (Linux 6.9 or newer): `nft flush ruleset` leaves it alone, and whoever wants to",
      "change it is refused, also the operator's own nft. It goes on enforcing when hostward ends, and is open to changes from then until the next start.",
    ].join(" "),
  }),
  optimise: setting(boolean, "true", {
    doc: [
      "Whether runs of similar rules become lookups in sets and maps, so that the first packet of a connection costs about the same with ten thousand rules",
      "as with ten. What is let through is the same either way.",
    ].join(" "),
  }),
} as const satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof settingsTable;

export type Settings = { readonly [Name in SettingName]: (typeof settingsTable)[Name] extends Setting<infer T> ? T : never };

export const settingNames = Object.keys(settingsTable) as readonly SettingName[];

/** FELIX_FAILSAFEINBOUNDHOSTPORTS becomes HOSTWARD_FAILSAFEINBOUNDHOSTPORTS. */
export function environmentName(name: SettingName): string {
  return `HOSTWARD_${name.toUpperCase()}`;
}
