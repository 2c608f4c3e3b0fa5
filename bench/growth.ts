// The pure parts at a tenth and at the whole of a large host, each as the time it takes and the exponent with which that time grows: 1 is
// linear. Times of a shared machine drift; the exponent, a ratio within one run, does not. Run as `node bench/growth.ts [runs]`.

import { readManifest } from "../agent/sources/manifest.ts";
import { compile } from "../rules/compile/compile.ts";
import { diff } from "../rules/diff/diff.ts";
import { mergePrefixes } from "../rules/net/ranges.ts";
import type { Prefix } from "../rules/net/types.ts";
import { resolve } from "../rules/resolve/resolve.ts";
import { defaultPolicySettings } from "../rules/resolve/settings.ts";
import { checkRuleset } from "../rules/ruleset/check.ts";
import { packKeys } from "../rules/ruleset/keys.ts";
import { lowerRule } from "../rules/ruleset/lower.ts";
import { printRuleset } from "../rules/ruleset/print.ts";
import { median, printJson } from "./measure.ts";

const runs = Number(process.argv[2] ?? 5);

interface Scenario {
  readonly what: string;
  readonly whole: number;
  /** Makes the input, and returns what is measured. */
  prepare(size: number): () => unknown;
}

/** Spread over the whole IPv4 space (Knuth's multiplicative hash), so that neighbours do not merge. */
function spread(i: number): number {
  return (i * 2_654_435_761) % 2 ** 32;
}

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}

function setManifest(members: number): string {
  const nets = Array.from({ length: members }, (_, i) => `    - ${dotted(spread(i))}`);
  return `apiVersion: projectcalico.org/v3\nkind: GlobalNetworkSet\nmetadata:\n  name: big\nspec:\n  nets:\n${nets.join("\n")}\n`;
}

/** One endpoint for 100 policies, each with one rule by port and one by selector. */
function hostManifest(policies: number): string {
  const endpoints = Array.from(
    { length: Math.ceil(policies / 100) },
    (_, i) => `apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: { name: "e${i}", labels: { group: "g${i}" } }
spec: { node: host1, interfaceName: "eth${i}", expectedIPs: ["${dotted(0x0a000000 + i)}"] }
`,
  );
  const documents = Array.from(
    { length: policies },
    (_, i) => `apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: { name: "p${i}" }
spec:
  selector: group == 'g${Math.floor(i / 100)}'
  types: [Ingress]
  ingress:
    - { action: Allow, protocol: TCP, destination: { ports: [${1 + (i % 60_000)}] } }
    - { action: Allow, protocol: UDP, source: { selector: group == 'g${i % 200}' } }
`,
  );
  return [...endpoints, ...documents].join("---\n");
}

function hostOf(policies: number): Parameters<typeof resolve>[0] {
  const { resources } = readManifest(hostManifest(policies), "bench");
  const interfaces = Array.from({ length: Math.ceil(policies / 100) }, (_, i) => ({ name: `eth${i}`, addresses: [], up: true }));
  return { node: "host1", resources, interfaces, settings: defaultPolicySettings };
}

function rulesetOf(policies: number): ReturnType<typeof compile> {
  return compile(resolve(hostOf(policies)));
}

const scenarios: readonly Scenario[] = [
  {
    what: "merge prefixes of a set",
    whole: 100_000,
    prepare: (size) => {
      const members = Array.from({ length: size }, (_, i): Prefix => ({ family: 4, address: BigInt(spread(i)), length: 32 }));
      return () => mergePrefixes(members);
    },
  },
  {
    what: "pack keys of a set",
    whole: 100_000,
    prepare: (size) => {
      const rows = Array.from({ length: size }, (_, i) => [{ family: 4, value: BigInt(spread(i)) } as const]);
      return () => packKeys(["ipv4_addr"], rows);
    },
  },
  {
    what: "read a manifest of one set",
    whole: 100_000,
    prepare: (size) => {
      const text = setManifest(size);
      return () => readManifest(text, "bench");
    },
  },
  {
    what: "read a manifest of policies",
    whole: 10_000,
    prepare: (size) => {
      const text = hostManifest(size);
      return () => readManifest(text, "bench");
    },
  },
  {
    what: "resolve policies",
    whole: 10_000,
    prepare: (size) => {
      const host = hostOf(size);
      return () => resolve(host);
    },
  },
  {
    what: "compile policies",
    whole: 10_000,
    prepare: (size) => {
      const resolved = resolve(hostOf(size));
      return () => compile(resolved);
    },
  },
  {
    what: "check, print and lower the ruleset",
    whole: 10_000,
    prepare: (size) => {
      const ruleset = rulesetOf(size);
      return () => [checkRuleset(ruleset), printRuleset(ruleset), ruleset.chains.flatMap(({ rules }) => rules.map(lowerRule))];
    },
  },
  {
    what: "diff against nothing",
    whole: 10_000,
    prepare: (size) => {
      const ruleset = rulesetOf(size);
      return () => diff(undefined, ruleset);
    },
  },
];

/** Milliseconds, median of the runs after one to warm up. */
function time(run: () => unknown): number {
  run();
  return median(
    Array.from({ length: runs }, () => {
      const began = performance.now();
      run();
      return performance.now() - began;
    }),
  );
}

const results: Record<string, number> = {};
for (const { what, whole, prepare } of scenarios) {
  const [tenth, all] = [time(prepare(whole / 10)), time(prepare(whole))];
  const exponent = Math.log10(all / tenth);
  process.stdout.write(`${what.padEnd(36)} ${whole / 10}: ${tenth.toFixed(1)} ms, ${whole}: ${all.toFixed(1)} ms, exponent ${exponent.toFixed(2)}\n`);
  results[what] = exponent;
}
printJson("growth", { runs, ...results });
