// A doNotTrack policy that selects a wildcard HostEndpoint: it does not apply there (semantics H14, G6), in Calico as here, and in Calico only a
// log line says so.

import type { Problem } from "../model/problem.ts";
import { about, enumerate, type World } from "./world.ts";

export function untrackedWildcard({ policies, endpointsSelectedBy }: World): Problem[] {
  return policies.flatMap((policy) => {
    if (policy.list !== "untracked") return [];
    const wildcards = endpointsSelectedBy(policy.selector).filter(({ endpoint }) => endpoint.target.kind === "wildcard");
    if (wildcards.length === 0) return [];
    const names = enumerate(wildcards.map(({ endpoint }) => endpoint.metadata.name));
    const message = `a doNotTrack policy does not apply to wildcard HostEndpoints, and this one selects ${names}: traffic there is tracked and judged by normal policy`;
    const hint = "give the interfaces that need it HostEndpoints of their own";
    return [about(policy, { code: "untracked-on-wildcard", field: "spec.doNotTrack", message, hint })];
  });
}
