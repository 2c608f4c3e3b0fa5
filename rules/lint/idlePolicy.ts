// A policy that selects no HostEndpoint of any node: nothing it says has an effect. Where there are no HostEndpoints at all the policies are
// not what is missing.

import { nearest } from "../model/nearest.ts";
import type { Problem } from "../model/problem.ts";
import type { Policy } from "../model/types.ts";
import type { Selector } from "../selector/ast.ts";
import { disjunction, has } from "../selector/build.ts";
import { namespaceLabel, serviceAccountLabel } from "../selector/rewrite.ts";
import { implies, isImpossible } from "./satisfiable.ts";
import { about, type World } from "./world.ts";

export function idlePolicy({ policies, endpoints, endpointsSelectedBy }: World): Problem[] {
  if (endpoints.length === 0) return [];
  const labels = new Set(endpoints.flatMap((endpoint) => Object.keys(endpoint.labels)));
  const idle = policies.filter(({ selector }) => endpointsSelectedBy(selector).length === 0 && !isImpossible(selector));
  return idle.map((policy) => {
    const message = `selects none of the HostEndpoints (there are ${endpoints.length}): it has no effect`;
    return about(policy, { code: "policy-selects-nothing", field: "spec.selector", message, hint: remedy(policy, labels) });
  });
}

const ofPods = disjunction([has(namespaceLabel), has(serviceAccountLabel)]);

function remedy({ selector }: Policy, labels: ReadonlySet<string>): string {
  if (implies(selector, ofPods))
    return "namespaceSelector and serviceAccountSelector ask for pods, which hostward does not police: leave them out to mean hosts";
  const strange = labelsIn(selector).find((label) => !labels.has(label));
  if (strange === undefined) return "compare the selector with the labels of the HostEndpoints and of their profiles";
  const meant = nearest(strange, labels);
  return `no HostEndpoint has the label '${strange}'${meant === undefined ? "" : `; did you mean '${meant}'?`}`;
}

function labelsIn(selector: Selector): readonly string[] {
  switch (selector.kind) {
    case "all":
    case "global":
      return [];
    case "not":
      return labelsIn(selector.operand);
    case "and":
    case "or":
      return selector.operands.flatMap(labelsIn);
    case "has":
    case "compare":
    case "in":
      return [selector.label];
  }
}
