// Where in the manifests an Origin was written: the resource it names, and the rule in it.

import type { Place } from "../model/problem.ts";
import type { Resource, Rule } from "../model/types.ts";
import type { Origin } from "../ruleset/types.ts";

export interface Written {
  readonly resource: Resource;
  /** When the origin is one rule. */
  readonly rule: Rule | undefined;
  /** Of the rule, otherwise of the resource. */
  readonly place: Place;
}

/** Undefined for what nobody wrote: hostward's own rules, built-in tiers and profiles. */
export function findWritten({ kind, name, direction, index }: Origin, resources: readonly Resource[]): Written | undefined {
  const resource = resources.find((candidate) => candidate.kind === kind && candidate.metadata.name === name);
  if (resource === undefined) return undefined;
  const rules = direction !== undefined && (resource.kind === "GlobalNetworkPolicy" || resource.kind === "Profile") ? resource[direction] : [];
  const rule = index === undefined ? undefined : rules[index];
  return { resource, rule, place: rule?.place ?? resource.place };
}
