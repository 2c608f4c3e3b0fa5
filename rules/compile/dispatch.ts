// The base chains, and how a packet finds the endpoint that governs its interface (semantics 3.4, 3.6, 3.7, section 0 rows 3, 6, 7, 8).
// They stand whether or not there are endpoints, so that an endpoint only adds elements and chains.

import { compareBytes } from "../resolve/order.ts";
import { conntrackEstablished, hostToWorkload, loopback, workloadToHost } from "../resolve/origins.ts";
import { ctState, ctStatus } from "../ruleset/fields.ts";
import type { Field, MapEntry, Origin, Rule, Statement, Verdict } from "../ruleset/types.ts";
import { equals } from "./alternatives.ts";
import { workloadToHostChain } from "./builtin.ts";
import { addChain, type Context, regularChain } from "./context.ts";
import { accept, counted, goto, verdict } from "./effects.ts";
import { endpointChain } from "./endpoint.ts";
import { hooks } from "./hooks.ts";
import type { Stage, Stages } from "./stages.ts";

const dispatchOrigin: Origin = { kind: "hostward", name: "dispatch", note: "interface to endpoint" };
const dnatOrigin: Origin = { kind: "hostward", name: "dispatch", note: "judged in postrouting after DNAT" };

const established: Rule = {
  statements: [{ kind: "match", field: "ct state", op: "==", value: { kind: "bits", mask: ctState.established | ctState.related } }, verdict(accept)],
  origin: conntrackEstablished,
};

/** Never its negation: no test of ct status matches an untracked packet, which would then go unjudged (P53, G47). */
const dnat: Statement = { kind: "match", field: "ct status", op: "==", value: { kind: "bits", mask: ctStatus.dnat } };

const firstPacket: Statement = { kind: "match", field: "ct state", op: "==", value: { kind: "bits", mask: ctState.new } };

/** The base chains and everything that they lead to. */
export function addBaseChains(context: Context, stages: Stages): void {
  addChain(context, { kind: "base", name: "input", ...hooks.input, rules: inputRules(context, stages.input) });
  addChain(context, { kind: "base", name: "output", ...hooks.output, rules: outputRules(context, stages.output) });
  addChain(context, { kind: "base", name: "postrouting", ...hooks.postrouting, rules: postroutingRules(context, stages.postrouting) });
}

/** Workload interfaces come before the endpoints: no endpoint's policy ever judges workload to host (P55). */
function inputRules(context: Context, stage: Stage): readonly Rule[] {
  const toHost = workloadToHostChain(context);
  const workloads = workloadInterfaces(context, "meta iifname");
  return [established, ...workloads.map((match) => goto(toHost, workloadToHost, [match])), ...endpointDispatch(context, stage, "meta iifname")];
}

/** After a DNAT the kernel tells the new outgoing interface from postrouting on (P50), so the packet is left to that hook. */
function outputRules(context: Context, stage: Stage): readonly Rule[] {
  return [established, { statements: [dnat, verdict({ kind: "return" })], origin: dnatOrigin }, goto(egressChain(context, stage), dispatchOrigin)];
}

/**
 * Only the first packet of a local process's DNATed flow: the others were accepted in output. Forwarded packets have an input interface
 * here (Linux 5.7, ip_output and ip6_output pass it to the hook), packets of local processes have none.
 */
function postroutingRules(context: Context, stage: Stage): readonly Rule[] {
  return [goto(egressChain(context, stage), dnatOrigin, [equals("meta iif", 0), dnat, firstPacket])];
}

/** Host to local workload is always allowed, DNATed or not (section 0 row 7). */
function egressChain(context: Context, stage: Stage): string {
  return regularChain(context, { name: stage.dispatch, identity: stage.dispatch }, () => [
    ...workloadInterfaces(context, "meta oifname").map((match) => ({ statements: [match, ...counted(accept)], origin: hostToWorkload })),
    ...endpointDispatch(context, stage, "meta oifname"),
  ]);
}

/** By name first; then loopback, unless the wildcard is to police it (section 0 row 3); then the wildcard. */
function endpointDispatch(context: Context, stage: Stage, field: Field): readonly Rule[] {
  const { endpoints, settings } = context.resolved;
  context.maps.set(stage.dispatch, {
    name: stage.dispatch,
    types: ["ifname"],
    entries: interfaceEntries(context, stage),
    comment: `${stage.direction}: interface to endpoint`,
  });
  const byName: Rule = { statements: [{ kind: "vmap", fields: [field], map: stage.dispatch }], origin: dispatchOrigin };
  const wildcard = endpoints.find(({ governs }) => governs.kind === "wildcard");
  if (wildcard === undefined) return [byName];
  const exempt: Rule[] = settings.policeLoopback ? [] : [{ statements: [equals(field, "lo"), ...counted(accept)], origin: loopback }];
  const { name } = wildcard.endpoint.metadata;
  return [byName, ...exempt, goto(endpointChain(context, stage, wildcard), { kind: "HostEndpoint", name, direction: stage.direction })];
}

function interfaceEntries(context: Context, stage: Stage): readonly MapEntry[] {
  const entries = context.resolved.endpoints.flatMap((endpoint) => {
    if (endpoint.governs.kind === "wildcard") return [];
    const verdict: Verdict = { kind: "goto", chain: endpointChain(context, stage, endpoint) };
    return endpoint.governs.names.map((name): MapEntry => ({ key: [name], verdict }));
  });
  return entries.toSorted((a, b) => compareBytes(String(a.key[0]), String(b.key[0])));
}

function workloadInterfaces(context: Context, field: Field): readonly Statement[] {
  const prefixes = [...new Set(context.resolved.settings.interfacePrefix)].sort();
  return prefixes.map((text) => ({ kind: "match", field, op: "==", value: { kind: "startsWith", text } }));
}
