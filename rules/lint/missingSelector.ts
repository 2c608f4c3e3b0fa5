// A policy without any selector applies to every HostEndpoint (semantics S11, G9): often it was written for pods.

import type { Problem } from "../model/problem.ts";
import { about, enumerate, type World } from "./world.ts";

export function missingSelector({ policies, endpoints }: World): Problem[] {
  if (endpoints.length === 0) return [];
  const names = enumerate(endpoints.map(({ endpoint }) => endpoint.metadata.name));
  return policies
    .filter(({ hasSelector }) => !hasSelector)
    .map((policy) => {
      const message = `has no selector, so it applies to every HostEndpoint: ${names}`;
      return about(policy, { code: "policy-without-selector", field: "spec", message, hint: "if that is meant, say so with selector: all()" });
    });
}
