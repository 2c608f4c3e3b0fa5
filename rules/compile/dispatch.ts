// How a packet finds the endpoint that governs its interface at a stage (semantics H12-H14, 3.9, section 0 rows 2 and 3). When a base
// chain asks for it is baseChains.ts, what the endpoint then says endpoint.ts.

import { compareBytes } from "../resolve/order.ts";
import { loopback } from "../resolve/origins.ts";
import type { Field, MapEntry, Origin, Rule } from "../ruleset/types.ts";
import { equals } from "./alternatives.ts";
import { built, type Context, namedMap } from "./context.ts";
import { accept, counted, goto } from "./effects.ts";
import { endpointChain } from "./endpoint.ts";
import type { EndpointChains } from "./memory.ts";
import type { Stage } from "./stages.ts";

export const dispatchOrigin: Origin = { kind: "hostward", name: "dispatch", note: "interface to endpoint" };

/** Those with a say at the stage. H13: for untracked and pre-DNAT policy only endpoints that have some. H14: the wildcard's untracked policy counts for nothing. */
export function endpointsAt({ endpoints }: Context, { list }: Pick<Stage, "list">): readonly EndpointChains[] {
  if (list === "normal" || list === "forward") return endpoints;
  const withPolicy = endpoints.filter(({ resolved: { lists } }) => lists[list].ingress.length > 0 || lists[list].egress.length > 0);
  return list === "untracked" ? withPolicy.filter(({ resolved: { governs } }) => governs.kind !== "wildcard") : withPolicy;
}

/** By name first; then loopback, unless the wildcard is to police it (section 0 row 3); then the wildcard. */
export function endpointDispatch(context: Context, stage: Stage): readonly Rule[] {
  const endpoints = endpointsAt(context, stage);
  const chains = endpoints.map((endpoint) => endpointChain(context, stage, endpoint).name);
  const map = interfaceMap(context, stage, targetsOf(endpoints, chains));
  const at = endpoints.findIndex(({ resolved: { governs } }) => governs.kind === "wildcard");
  const [wildcard, chain] = [endpoints[at]?.resolved.endpoint.metadata.name, chains[at]];
  const field: Field = stage.direction === "ingress" ? "meta iifname" : "meta oifname";
  const byName = (): Rule => ({ statements: [{ kind: "vmap", fields: [field], map }], origin: dispatchOrigin });
  const exempt = (): Rule => ({ statements: [equals(field, "lo"), ...counted(accept)], origin: loopback });
  const others = (): readonly Rule[] => {
    if (wildcard === undefined || chain === undefined) return [];
    return [...(context.resolved.settings.policeLoopback ? [] : [exempt()]), goto(chain, { kind: "HostEndpoint", name: wildcard, direction: stage.direction })];
  };
  return [...built(context, `map ${stage.dispatch}`, () => [byName()], [map]), ...built(context, `wildcard ${stage.dispatch}`, others, [wildcard])];
}

/** Each interface and the chain of its endpoint, one behind the other. */
function targetsOf(endpoints: readonly EndpointChains[], chains: readonly string[]): readonly string[] {
  const targets: string[] = [];
  for (const [at, { resolved }] of endpoints.entries()) {
    if (resolved.governs.kind === "interfaces") for (const name of resolved.governs.names) targets.push(name, chains[at] as string);
  }
  return targets;
}

/** The name of the map from interface to chain. */
function interfaceMap(context: Context, stage: Stage, targets: readonly string[]): string {
  const form = { name: stage.dispatch, types: ["ifname"], comment: `${stage.list}, ${stage.direction}: interface to endpoint` } as const;
  return namedMap(context, { ...form, inputs: targets }, (last) => {
    const wanted = new Map<string, string>();
    for (let at = 0; at < targets.length; at += 2) wanted.set(targets[at] as string, targets[at + 1] as string);
    const kept = last.filter(({ key: [name], verdict }) => {
      const stays = verdict.kind === "goto" && wanted.get(name as string) === verdict.chain;
      return stays && wanted.delete(name as string);
    });
    const added = Array.from(wanted, ([name, chain]): MapEntry => ({ key: [name], verdict: { kind: "goto", chain } }));
    if (added.length === 0) return kept;
    // What is kept is in order: it is gone along once.
    return [...kept, ...added].sort((a, b) => compareBytes(String(a.key[0]), String(b.key[0])));
  });
}
