// The defaults of the settings that change what is compiled: FelixConfiguration's (semantics 1.8) where it has the setting,
// section 0 for those that only hostward has. How a setting is written in a file or the environment is not known here.

import type { Failsafe } from "../net/types.ts";
import type { PolicySettings } from "./types.ts";

const TCP = 6;
const UDP = 17;

const tcp = (port: number): Failsafe => ({ protocol: TCP, port, net: undefined });
const udp = (port: number): Failsafe => ({ protocol: UDP, port, net: undefined });

/** BGP, etcd client and peer, Typha, the Kubernetes API server and its HA ports: what a cluster needs to repair itself. */
const clusterPlumbing: readonly Failsafe[] = [179, 2379, 2380, 5473, 6443, 6666, 6667].map(tcp);

export const defaultPolicySettings: PolicySettings = {
  failsafeInbound: [tcp(22), udp(68), ...clusterPlumbing],
  failsafeOutbound: [udp(53), udp(67), ...clusterPlumbing],
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
};
