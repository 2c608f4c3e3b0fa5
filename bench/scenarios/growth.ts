// How the cost of each stage grows from 1,000 to 100,000 policies, and of a set from 1,000 to 1,000,000 members: the exponent tells, which a
// slow or busy machine hardly changes. The stages alone, without a kernel.

import { encodeOperations } from "../../agent/kernel/operations.ts";
import { compilePass, type PassInput, type Stage } from "../../agent/reconcile/pass.ts";
import { readManifest } from "../../agent/sources/manifest.ts";
import { createStore } from "../../agent/store/store.ts";
import { diff } from "../../rules/diff/diff.ts";
import type { Transaction } from "../../rules/diff/types.ts";
import { defaultPolicySettings } from "../../rules/resolve/settings.ts";
import { printRuleset } from "../../rules/ruleset/print.ts";
import type { Context, Figure, Scenario } from "../scenario.ts";
import { exponent, median } from "../statistics.ts";
import { endpoints, hostManifests, interfaces, networkSets, node, policy } from "../workload.ts";

/** What grows: manifests of `size` of it, for so many endpoints. */
interface Growing {
  readonly what: string;
  readonly sizes: readonly number[];
  manifests(size: number): readonly string[];
  endpoints(size: number): number;
}

const growing: readonly Growing[] = [
  {
    what: "policies",
    sizes: [1000, 10_000, 100_000],
    manifests: (size) => hostManifests(size, 1000),
    endpoints: (size) => size / 100,
  },
  {
    what: "members",
    sizes: [1000, 10_000, 100_000, 1_000_000],
    manifests: (size) => [
      ...endpoints(1),
      ...networkSets("big", { members: size, most: 1000 }),
      policy("p", 0, [{ action: "Allow", source: { selector: "set == 'big'" } }]),
    ],
    endpoints: () => 1,
  },
];

export const scenario: Scenario = {
  title: "Growth",
  about: `Each stage of a pass from nothing, by the number of policies (of one rule, a hundred for each endpoint) and by the number of members of one set. Milliseconds at the
largest size, and the power with which they grow over all sizes: 1 is linear.`,
  async run(context) {
    return growing.flatMap((one) => measure(one, context));
  },
};

type Times = ReadonlyMap<string, number>;

function measure({ what, sizes, manifests, endpoints: count }: Growing, { runs, note }: Context): Figure[] {
  const bySize = sizes.map((size) => {
    note(`${size} ${what}`);
    const text = manifests(size).join("---\n");
    // One to warm up, at the small sizes more.
    const warmUp = Math.max(1, Math.min(10, 10_000 / size));
    return Array.from({ length: warmUp + runs }, () => stages(text, count(size))).slice(warmUp);
  });
  const largest = bySize.at(-1) ?? [];
  const names = [...(largest[0]?.keys() ?? [])];
  return names.flatMap((name): Figure[] => {
    const of = (times: readonly Times[]): number[] => times.map((time) => time.get(name) ?? Number.NaN);
    const points = sizes.map((size, i) => ({ size, cost: median(of(bySize[i] ?? [])) }));
    const isTold = name !== "print";
    return [
      { what: `${name}, ${sizes.at(-1)?.toLocaleString("en")} ${what}`, unit: "ms", values: of(largest) },
      { what: `${name}: exponent by ${what}`, unit: "", values: [exponent(points)], ...(isTold ? { goal: { most: 1.15 } } : {}) },
    ];
  });
}

const order: readonly Stage[] = ["resolve", "compile", "optimise", "check"];

function stages(text: string, endpointCount: number): Times {
  const times = new Map<string, number>();
  const timed = <T>(name: string, work: () => T): T => {
    const began = performance.now();
    const result = work();
    times.set(name, performance.now() - began);
    return result;
  };
  const { resources } = timed("read manifests", () => readManifest(text, "bench.yaml"));
  const store = createStore();
  timed("store", () => store.update({ source: { resources, problems: [] }, interfaces: interfaces(endpointCount) }));
  const input: PassInput = { node, snapshot: store.snapshot(), settings: defaultPolicySettings };
  const { ruleset, milliseconds } = compilePass(input);
  for (const stage of order) if (milliseconds[stage] !== undefined) times.set(stage, milliseconds[stage]);
  const { batches }: Transaction = timed("diff", () => diff(undefined, ruleset));
  timed("encode", () => batches.map((batch) => encodeOperations(batch, { firstSequence: 1 })));
  timed("print", () => printRuleset(ruleset));
  return times;
}
