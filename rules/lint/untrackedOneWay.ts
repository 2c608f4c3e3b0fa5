// A doNotTrack policy that lets packets in or out and nothing untracked the other way (semantics G62): no connection is remembered, so replies are
// new packets to normal policy, which denies them unless it allows them by itself. Policies that only deny need no way back.

import type { Problem } from "../model/problem.ts";
import type { Direction, Policy } from "../model/types.ts";
import { about, type LabelledEndpoint, type World } from "./world.ts";

export function untrackedOneWay({ policies, endpointsSelectedBy }: World): Problem[] {
  const untracked = policies.filter(({ list }) => list === "untracked");
  const allowing: Readonly<Record<Direction, ReadonlySet<LabelledEndpoint>>> = { ingress: endpointsWith("ingress"), egress: endpointsWith("egress") };
  return untracked.flatMap((policy) => [...oneWay(policy, "ingress", "egress"), ...oneWay(policy, "egress", "ingress")]);

  /** Those that an untracked policy lets something through in this direction. */
  function endpointsWith(direction: Direction): ReadonlySet<LabelledEndpoint> {
    return new Set(untracked.filter((policy) => allows(policy, direction)).flatMap(({ selector }) => endpointsSelectedBy(selector)));
  }

  function oneWay(policy: Policy, way: Direction, back: Direction): Problem[] {
    if (!allows(policy, way)) return [];
    const named = endpointsSelectedBy(policy.selector).filter(({ endpoint }) => endpoint.target.kind !== "wildcard");
    const stranded = named.find((selected) => !allowing[back].has(selected));
    if (stranded === undefined) return [];
    const message = `allows untracked ${way}, and no doNotTrack policy of HostEndpoint '${stranded.endpoint.metadata.name}' allows ${back}: replies are judged as new packets`;
    const hint = `add ${back} rules for the replies (ports swapped) and ${back === "egress" ? "Egress" : "Ingress"} to types`;
    return [about(policy, { code: "untracked-one-way", field: "spec.types", message, hint })];
  }
}

function allows(policy: Policy, direction: Direction): boolean {
  return policy.types.includes(direction) && policy[direction].some(({ action }) => action === "Allow");
}
