// How the cost of each stage grows from 1,000 to 100,000 policies, and of a set from 1,000 to 1,000,000 members: the exponent tells, which a
// slow or busy machine hardly changes. The stages alone, without a kernel.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { encodeOperations } from "../../agent/kernel/operations.ts";
import { compilePass, type PassInput, type Stage } from "../../agent/reconcile/pass.ts";
import { readManifest } from "../../agent/sources/manifest.ts";
import { createStore } from "../../agent/store/store.ts";
import { diff } from "../../rules/diff/diff.ts";
import type { Transaction } from "../../rules/diff/types.ts";
import type { Resource } from "../../rules/model/types.ts";
import { defaultPolicySettings } from "../../rules/resolve/settings.ts";
import type { Context, Figure, Scenario } from "../scenario.ts";
import { exponent, median } from "../statistics.ts";
import { type Document, endpoints, hostManifests, interfaces, manifestsText, networkSets, node, policy, resourcesOf } from "../workload.ts";

/** What grows: manifests of `size` of it, for so many endpoints. */
interface Growing {
  readonly what: string;
  readonly sizes: readonly number[];
  /** Up to which manifests are read as text, too. */
  readonly readable: number;
  manifests(size: number): readonly Document[];
  endpoints(size: number): number;
}

const growing: readonly Growing[] = [
  {
    what: "policies",
    sizes: [1000, 10_000, 100_000],
    readable: 10_000,
    manifests: (size) => hostManifests(size, 1000),
    endpoints: (size) => size / 100,
  },
  {
    what: "members",
    sizes: [1000, 10_000, 100_000, 1_000_000],
    readable: 100_000,
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

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function measure({ what, sizes, readable, manifests, endpoints: count }: Growing, { runs, note }: Context): Figure[] {
  const bySize = sizes.map((size) => {
    note(`${size} ${what}`);
    const documents = manifests(size);
    const resources = resourcesOf(documents);
    const text = size <= readable ? manifestsText(documents) : undefined;
    // At the small sizes more to warm up, or they seem dearer than they are.
    const warmUp = Math.max(1, Math.min(10, 10_000 / size));
    const samples = Array.from({ length: warmUp + runs }, () => stages(resources, { text, endpointCount: count(size) }));
    return { size, samples: samples.slice(warmUp) };
  });
  return [...(bySize[0]?.samples[0]?.keys() ?? [])].flatMap((name): Figure[] => {
    const points = bySize.flatMap(({ size, samples }) => {
      const values = samples.flatMap((sample) => sample.get(name) ?? []);
      return values.length === 0 ? [] : [{ size, values, cost: median(values) }];
    });
    const largest = points.at(-1);
    return [
      { what: `${name}, ${largest?.size.toLocaleString("en")} ${what}`, unit: "ms", values: largest?.values ?? [] },
      { what: `${name}: exponent by ${what}`, unit: "", values: [exponent(points)], goal: { most: 1.15 } },
    ];
  });
}

const order: readonly Stage[] = ["resolve", "compile", "optimise", "check"];

function stages(resources: readonly Resource[], { text, endpointCount }: { readonly text: string | undefined; readonly endpointCount: number }): Times {
  const times = new Map<string, number>();
  const timed = <T>(name: string, work: () => T): T => {
    const began = performance.now();
    const result = work();
    times.set(name, performance.now() - began);
    return result;
  };
  // What the sample before left would be collected in the middle of this one, at the cost of whatever stage it meets.
  collect();
  if (text !== undefined) timed("read manifests", () => readManifest(text, "bench.yaml"));
  const store = createStore();
  timed("store", () => store.update({ source: { resources, problems: [] }, interfaces: interfaces(endpointCount) }));
  const input: PassInput = { node, snapshot: store.snapshot(), settings: defaultPolicySettings };
  const { ruleset, milliseconds } = compilePass(input);
  for (const stage of order) if (milliseconds[stage] !== undefined) times.set(stage, milliseconds[stage]);
  const { batches }: Transaction = timed("diff", () => diff(undefined, ruleset));
  timed("encode", () => {
    for (const batch of batches) encodeOperations(batch, { firstSequence: 1 });
  });
  return times;
}
