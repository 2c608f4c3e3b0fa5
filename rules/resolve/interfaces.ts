// Which of the host's interfaces a named HostEndpoint may govern (H2): all but workload interfaces and excluded ones.
// The wildcard is not bound by this: excluded interfaces are its own (G53), and workload traffic is judged apart (semantics 3.7).

import type { Interface, PolicySettings } from "./types.ts";

/** A name that starts with one of the workload prefixes; its pod's policy belongs to the CNI (section 0, row 26). */
export function isWorkloadInterface(name: string, settings: PolicySettings): boolean {
  return settings.interfacePrefix.some((prefix) => name.startsWith(prefix));
}

export interface Candidates {
  readonly interfaces: readonly Interface[];
  /** Why each other interface is none, for status reasons: "is a workload interface". */
  readonly refused: ReadonlyMap<string, string>;
}

/** Parts the interfaces into those that a named HostEndpoint may govern and those it may not. */
export function candidates(interfaces: readonly Interface[], settings: PolicySettings): Candidates {
  const isExcluded = exclusion(settings);
  const accepted: Interface[] = [];
  const refused = new Map<string, string>();
  for (const link of interfaces) {
    if (isWorkloadInterface(link.name, settings)) refused.set(link.name, "is a workload interface");
    else if (isExcluded(link.name)) refused.set(link.name, "is excluded by interfaceExclude");
    else accepted.push(link);
  }
  return { interfaces: accepted, refused };
}

/** Names match exactly, regular expressions anywhere in the name, as Felix's do. */
function exclusion(settings: PolicySettings): (name: string) => boolean {
  const names = new Set(settings.interfaceExclude.flatMap((pattern) => (pattern.kind === "name" ? [pattern.name] : [])));
  const expressions = settings.interfaceExclude.flatMap((pattern) => (pattern.kind === "regex" ? [new RegExp(pattern.source)] : []));
  return (name) => names.has(name) || expressions.some((expression) => expression.test(name));
}
