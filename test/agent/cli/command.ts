// Runs the command as a user does: bin/hostward as a process, in a directory of its own, without the environment of the tests.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const launcher = join(import.meta.dirname, "../../../bin/hostward");

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Invocation {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: string;
}

export function hostward(arguments_: readonly string[], { cwd, environment = {}, command = launcher }: Invocation = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env["PATH"] ?? "", HOSTWARD_NODE: "host1", ...environment };
    const child = spawn(command, arguments_, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }));
  });
}

/** A directory with these files, removed after `use`. */
export async function withFiles<T>(files: Readonly<Record<string, string>>, use: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "hostward-cli-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The sample of Calico's documents, with a policy. */
export const sample = {
  "endpoint.yaml": `apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata:
  name: some.name
  labels:
    type: production
spec:
  interfaceName: eth0
  node: host1
  expectedIPs: [192.168.0.1, 192.168.0.2]
  profiles: [profile1, profile2]
  ports:
    - { name: some-port, port: 1234, protocol: TCP }
    - { name: another-port, port: 5432, protocol: UDP }
`,
  "policy.yaml": `apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: { name: allow-web }
spec:
  order: 10
  selector: type == 'production'
  types: [Ingress, Egress]
  ingress:
    - action: Allow
      protocol: TCP
      source: { nets: [10.0.0.0/8], notSelector: "role in { 'db' }" }
      destination: { ports: [80, "8000:8010", some-port] }
    - { action: Deny, protocol: ICMP, icmp: { type: 8 } }
  egress: [{ action: Allow }]
---
apiVersion: projectcalico.org/v3
kind: Tier
metadata: { name: security }
spec: { order: 5, defaultAction: Pass }
---
apiVersion: projectcalico.org/v3
kind: Profile
metadata: { name: profile1, labels: {} }
spec:
  labelsToApply: { zone: a }
  ingress: [{ action: Allow, notProtocol: 99, ipVersion: 6 }]
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: { name: office, labels: { role: office } }
spec: { nets: [198.51.100.0/24, "2001:db8::1"] }
`,
} as const;

export const interfacesFile = `- { name: eth0, addresses: [192.168.0.1, "fe80::1"] }\n- { name: lo, addresses: [127.0.0.1, "::1"], up: true }\n`;
