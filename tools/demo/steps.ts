// What the demo shows, step by step: the manifests that are written and what every probe must then find. The text of a manifest is exactly
// what an operator would write; nothing here knows how the steps are carried out.

/** What a probe must find: an answer, or nothing because the packet was dropped. */
export type Expectation = "open" | "dropped";

export interface Step {
  readonly title: string;
  readonly why: string;
  /** File name to its new text, undefined for a file that is removed. */
  readonly writes: Readonly<Record<string, string>>;
  /** By the probe's key, in probes.ts. */
  readonly expected: Readonly<Record<ProbeKey, Expectation>>;
  /** The daemon is expected to report a problem and to leave in force what was. */
  readonly isRefused?: boolean;
}

export const probeKeys = ["ssh", "ssh6", "web", "web6", "webStranger", "admin", "metrics", "ping", "out", "dns", "session"] as const;
export type ProbeKey = (typeof probeKeys)[number];

const all = (expectation: Expectation): Record<ProbeKey, Expectation> => {
  return Object.fromEntries(probeKeys.map((key) => [key, expectation])) as Record<ProbeKey, Expectation>;
};

const endpoint = (more: string) => `apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata:
  name: demo-eth0
  labels:
    role: web
spec:
  node: demo
  interfaceName: eth0
  expectedIPs: ["10.0.0.1", "fd00::1"]
${more}`;

const profiles = `  profiles:
    - projectcalico-default-allow
`;

const clients = `apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata:
  name: office
  labels:
    role: client
spec:
  nets: ["10.0.0.2/32", "fd00::2/128"]
`;

const policy = (port: number, protocol = "TCP") => `apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata:
  name: web
spec:
  selector: role == 'web'
  types: [Ingress]
  ingress:
    - action: Allow
      protocol: ${protocol}
      source:
        selector: role == 'client'
      destination:
        ports: [${port}]
`;

const byPolicy = { ...all("dropped"), ssh: "open", ssh6: "open", out: "open", dns: "open", session: "open" } as const;

export const steps: readonly Step[] = [
  {
    title: "no HostEndpoint",
    why: "hostward runs, but nothing is governed: the host is as open as before",
    writes: {},
    expected: all("open"),
  },
  {
    title: "a HostEndpoint without policy and profiles",
    why: "default deny: only failsafe ports (ssh in, DNS out) answer, and the established connection goes on",
    writes: { "endpoint.yaml": endpoint("") },
    expected: { ...all("dropped"), ssh: "open", ssh6: "open", dns: "open", session: "open" },
  },
  {
    title: "the built-in profile that allows everything",
    why: "profiles are what decides where no policy does",
    writes: { "endpoint.yaml": endpoint(profiles) },
    expected: all("open"),
  },
  {
    title: "a policy by selector and port",
    why: "inbound only port 80, only from who carries role=client; outbound is not in the policy's types and stays with the profile",
    writes: { "policy.yaml": policy(80), "clients.yaml": clients },
    expected: { ...byPolicy, web: "open", web6: "open" },
  },
  {
    title: "a typing error",
    why: "the last valid policy stays in force and the mistake is reported with its place",
    writes: { "policy.yaml": policy(8080, "TPC") },
    expected: { ...byPolicy, web: "open", web6: "open" },
    isRefused: true,
  },
  {
    title: "an edit while running: port 80 becomes 8080",
    why: "the mistake is corrected, and one atomic commit switches: never both ports, never none",
    writes: { "policy.yaml": policy(8080) },
    expected: { ...byPolicy, admin: "open" },
  },
];
