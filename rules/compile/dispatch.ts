// How a packet finds the endpoint that governs its interface at a stage (semantics H12-H14, 3.9, section 0 rows 2 and 3). When a base
// chain asks for it is baseChains.ts, what the endpoint then says endpoint.ts.

import { compareBytes } from "../resolve/order.ts";
import { loopback } from "../resolve/origins.ts";
import type { Resolved, ResolvedEndpoint } from "../resolve/types.ts";
import type { Field, MapEntry, Origin, Rule, Verdict } from "../ruleset/types.ts";
import { equals } from "./alternatives.ts";
import { type Context, namedMap } from "./context.ts";
import { accept, counted, goto } from "./effects.ts";
import { endpointChain } from "./endpoint.ts";
import type { Stage } from "./stages.ts";

export const dispatchOrigin: Origin = { kind: "hostward", name: "dispatch", note: "interface to endpoint" };

/** Those with a say at the stage. H13: for untracked and pre-DNAT policy only endpoints that have some. H14: the wildcard's untracked policy counts for nothing. */
export function endpointsAt({ endpoints }: Resolved, { list }: Pick<Stage, "list">): readonly ResolvedEndpoint[] {
  if (list === "normal" || list === "forward") return endpoints;
  const withPolicy = endpoints.filter(({ lists }) => lists[list].ingress.length > 0 || lists[list].egress.length > 0);
  return list === "untracked" ? withPolicy.filter(({ governs }) => governs.kind !== "wildcard") : withPolicy;
}

/** By name first; then loopback, unless the wildcard is to police it (section 0 row 3); then the wildcard. */
export function endpointDispatch(context: Context, stage: Stage): readonly Rule[] {
  const endpoints = endpointsAt(context.resolved, stage);
  const map = namedMap(context, {
    name: stage.dispatch,
    types: ["ifname"],
    entries: endpoints.flatMap((endpoint) => entriesOf(context, stage, endpoint)).toSorted((a, b) => compareBytes(String(a.key[0]), String(b.key[0]))),
    comment: `${stage.list}, ${stage.direction}: interface to endpoint`,
  });
  const field: Field = stage.direction === "ingress" ? "meta iifname" : "meta oifname";
  const byName: Rule = { statements: [{ kind: "vmap", fields: [field], map }], origin: dispatchOrigin };
  const wildcard = endpoints.find(({ governs }) => governs.kind === "wildcard");
  if (wildcard === undefined) return [byName];
  const exempt: Rule[] = context.resolved.settings.policeLoopback ? [] : [{ statements: [equals(field, "lo"), ...counted(accept)], origin: loopback }];
  const { name } = wildcard.endpoint.metadata;
  return [byName, ...exempt, goto(endpointChain(context, stage, wildcard), { kind: "HostEndpoint", name, direction: stage.direction })];
}

function entriesOf(context: Context, stage: Stage, endpoint: ResolvedEndpoint): readonly MapEntry[] {
  if (endpoint.governs.kind === "wildcard") return [];
  const verdict: Verdict = { kind: "goto", chain: endpointChain(context, stage, endpoint) };
  return endpoint.governs.names.map((name): MapEntry => ({ key: [name], verdict }));
}
