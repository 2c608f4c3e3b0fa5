// Which lists the compiler enforces, and a problem for every policy that is in another list of a local endpoint: what is not
// enforced must not be silent.

import type { Problem } from "../model/problem.ts";
import type { Resource } from "../model/types.ts";
import { compareBytes } from "./order.ts";
import type { ListName, Lists, ResolvedEndpoint } from "./types.ts";

export const enforcedLists: ReadonlySet<ListName> = new Set<ListName>(["normal"]);

const lists: readonly ListName[] = ["normal", "forward", "preDNAT", "untracked"];

const limits: Readonly<Record<ListName, string>> = {
  normal: "this version does not enforce normal policies",
  forward: "this version enforces applyOnForward policies for traffic to and from the host only, not for forwarded traffic",
  preDNAT: "this version does not enforce preDNAT policies",
  untracked: "this version does not enforce doNotTrack policies",
};

const fields: Readonly<Record<ListName, string>> = {
  normal: "spec",
  forward: "spec.applyOnForward",
  preDNAT: "spec.preDNAT",
  untracked: "spec.doNotTrack",
};

/** One problem for each policy and list that a governing local endpoint has but the compiler does not know, sorted by list and name. */
export function unenforced(resources: readonly Resource[], endpoints: readonly ResolvedEndpoint[]): Problem[] {
  const pending = lists.filter((list) => !enforcedLists.has(list));
  return pending.flatMap((list) => {
    const applying = policiesIn(endpoints, list);
    const problems = resources.flatMap((resource) => {
      const endpoint = applying.get(subject(resource.kind, resource.metadata.name));
      return endpoint === undefined ? [] : [{ name: resource.metadata.name, problem: notEnforced(resource, list, endpoint) }];
    });
    return problems.sort((a, b) => compareBytes(a.name, b.name)).map(({ problem }) => problem);
  });
}

/** Policy to the name of the first endpoint that has it in this list. */
function policiesIn(endpoints: readonly ResolvedEndpoint[], list: ListName): Map<string, string> {
  const first = new Map<string, string>();
  const seen = new Set<Lists>();
  for (const { endpoint, lists } of endpoints) {
    if (seen.has(lists)) continue;
    seen.add(lists);
    const policies = [...lists[list].ingress, ...lists[list].egress].flatMap((tier) => tier.policies);
    for (const { kind, name } of policies) if (!first.has(subject(kind, name))) first.set(subject(kind, name), endpoint.metadata.name);
  }
  return first;
}

function notEnforced(policy: Resource, list: ListName, endpoint: string): Problem {
  return {
    code: "not-enforced",
    severity: "error",
    place: policy.place,
    resource: subject(policy.kind, policy.metadata.name),
    field: fields[list],
    message: `${limits[list]}; the policy selects HostEndpoint '${endpoint}'`,
  };
}

function subject(kind: string, name: string): string {
  return `${kind}/${name}`;
}
