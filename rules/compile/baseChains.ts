// The base chains, hook by hook: what is decided before an endpoint has its say, and who is spared (semantics 3.1-3.7, section 0 rows 6-8, 20).
// Those that judge normal and forward policy stand whether or not there are endpoints, so that an endpoint only adds elements and chains;
// those before conntrack and before DNAT cost every packet of the host something and stand only while a policy needs them.

import { conntrackEstablished, hostToWorkload, workloadToHost } from "../resolve/origins.ts";
import { ctState, ctStatus } from "../ruleset/fields.ts";
import type { Field, Origin, Rule, Statement } from "../ruleset/types.ts";
import { equals } from "./alternatives.ts";
import { workloadToHostChain } from "./builtin.ts";
import { built, type Context, chainOf } from "./context.ts";
import { dispatchOrigin, endpointDispatch, endpointsAt } from "./dispatch.ts";
import { accept, counted, goto, verdict } from "./effects.ts";
import { hooks } from "./hooks.ts";
import { clearMark, spareMarked } from "./mark.ts";
import type { ChainEntry } from "./memory.ts";
import type { Stage, Stages } from "./stages.ts";

const dnatOrigin: Origin = { kind: "hostward", name: "dispatch", note: "judged in postrouting after DNAT" };

const established: Rule = {
  statements: [{ kind: "match", field: "ct state", op: "==", value: { kind: "bits", mask: ctState.established | ctState.related } }, verdict(accept)],
  origin: conntrackEstablished,
};

/** Never its negation: no test of ct status matches an untracked packet, which would then go unjudged (P53, G47). */
const dnat: Statement = { kind: "match", field: "ct status", op: "==", value: { kind: "bits", mask: ctStatus.dnat } };

const afterDnat: Rule = { statements: [dnat, verdict({ kind: "return" })], origin: dnatOrigin };

const firstPacket: Statement = { kind: "match", field: "ct state", op: "==", value: { kind: "bits", mask: ctState.new } };

/** Which lists that are judged early have a policy of some endpoint. */
interface Early {
  readonly untracked: boolean;
  readonly preDNAT: boolean;
}

/**
 * The base chains and everything that they lead to. Forwarded packets come last: a tier's chain that two places share has the name that it has without
 * forward policy.
 */
export function addBaseChains(context: Context, stages: Stages): void {
  const early: Early = {
    untracked: endpointsAt(context, { list: "untracked" }).length > 0,
    preDNAT: endpointsAt(context, { list: "preDNAT" }).length > 0,
  };
  if (early.untracked) addRawChains(context, stages);
  if (early.preDNAT) addBaseChain(context, "pre-dnat", preDnatRules(context, stages.preDnat, early));
  const spared = early.untracked || early.preDNAT ? spareRules(context) : [];
  addBaseChain(context, "input", inputRules(context, stages.input, spared));
  addBaseChain(context, "output", outputRules(context, stages.output, early));
  addBaseChain(context, "postrouting", postroutingRules(context, stages.postrouting, early));
  addBaseChain(context, "forward-in", [established, ...spared, ...endpointDispatch(context, stages.forwardIn)]);
  addBaseChain(context, "forward-out", [established, ...endpointDispatch(context, stages.forwardOut)]);
}

function addBaseChain(context: Context, name: keyof typeof hooks, rules: readonly Rule[]): void {
  chainOf(context, { name, identity: name, hook: hooks[name] }, () => rules);
}

/** Not even established connections are spared (P11). Accepted failsafes and essentials stay tracked and are judged again later (P13). */
function addRawChains(context: Context, { rawIn, rawOut }: Stages): void {
  addBaseChain(context, "raw-in", [...clearRules(context), ...endpointDispatch(context, rawIn)]);
  addBaseChain(context, "raw-out", [...clearRules(context), ...endpointDispatch(context, rawOut)]);
}

/** For this host or to be forwarded (P20). Whichever of this chain and raw-in comes first clears the mark. */
function preDnatRules(context: Context, stage: Stage, { untracked }: Early): readonly Rule[] {
  const dispatch = endpointDispatch(context, stage);
  return untracked ? [established, ...spareRules(context), ...dispatch] : [...clearRules(context), established, ...dispatch];
}

/** Workload interfaces come before the endpoints and before what is spared: nothing but the action opens the host to workloads (P23, P55). */
function inputRules(context: Context, stage: Stage, spared: readonly Rule[]): readonly Rule[] {
  const { name } = workloadToHostChain(context);
  const workloads = () => workloadInterfaces(context, "meta iifname").map((match) => goto(name, workloadToHost, [match]));
  return [established, ...built(context, "from workloads", workloads), ...spared, ...endpointDispatch(context, stage)];
}

/** After a DNAT the kernel tells the new outgoing interface from postrouting on (P50), so the packet is left to that hook. */
function outputRules(context: Context, stage: Stage, early: Early): readonly Rule[] {
  const { name } = egressChain(context, stage, early);
  return [established, afterDnat, ...built(context, "from local processes", () => [goto(name, dispatchOrigin)])];
}

/**
 * Only the first packet of a local process's DNATed flow: the others were accepted in output. Forwarded packets have an input interface
 * here (Linux 5.7, ip_output and ip6_output pass it to the hook), packets of local processes have none.
 */
function postroutingRules(context: Context, stage: Stage, early: Early): readonly Rule[] {
  const { name } = egressChain(context, stage, early);
  return built(context, "after DNAT", () => [goto(name, dnatOrigin, [equals("meta iif", 0), dnat, firstPacket])]);
}

/** Host to local workload is always allowed, DNATed or not (section 0 row 7). Of early policy only the untracked judges what leaves. */
function egressChain(context: Context, stage: Stage, { untracked }: Early): ChainEntry {
  const workloads = () => workloadInterfaces(context, "meta oifname").map((match) => ({ statements: [match, ...counted(accept)], origin: hostToWorkload }));
  return chainOf(context, { name: stage.dispatch, identity: stage.dispatch }, () => [
    ...built(context, "to workloads", workloads),
    ...(untracked ? spareRules(context) : []),
    ...endpointDispatch(context, stage),
  ]);
}

function clearRules(context: Context): readonly Rule[] {
  return built(context, "clear the mark", () => [clearMark(context.resolved.settings)]);
}

function spareRules(context: Context): readonly Rule[] {
  return built(context, "spare what is marked", () => [spareMarked(context.resolved.settings)]);
}

function workloadInterfaces(context: Context, field: Field): readonly Statement[] {
  const prefixes = [...new Set(context.resolved.settings.interfacePrefix)].sort();
  return prefixes.map((text) => ({ kind: "match", field, op: "==", value: { kind: "startsWith", text } }));
}
