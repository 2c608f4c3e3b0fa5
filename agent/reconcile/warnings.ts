// What is valid and yet suspicious about what a pass enforces, as problems for its report.

import { lint } from "../../rules/lint/lint.ts";
import type { SshAccess } from "../../rules/lint/world.ts";
import type { Problem } from "../../rules/model/problem.ts";
import type { Interface } from "../../rules/resolve/types.ts";
import { sameContent } from "../store/sameContent.ts";
import type { CompiledPass } from "./pass.ts";

/** Remembers the last answer: most passes are about what the one before was about. */
export function createWarnings(ssh: SshAccess): (compiled: CompiledPass) => readonly Problem[] {
  let known: { readonly of: CompiledPass["input"]; readonly problems: readonly Problem[] } | undefined;
  return ({ input, resolved }) => {
    const { node, snapshot, settings } = input;
    if (known?.of.snapshot !== snapshot || known.of.node !== node || !sameContent(known.of.settings, settings)) {
      known = { of: input, problems: [...lint({ node, settings, resolved, ssh, resources: snapshot.resources }), ...ipvs(snapshot.interfaces)] };
    }
    return known.problems;
  };
}

/** The dummy interface on which kube-proxy keeps its services' addresses in IPVS mode. */
const ipvsInterface = "kube-ipvs0";

/** Semantics 0, row 28: IPVS hands service traffic on past the hooks where policy expects it. */
function ipvs(interfaces: readonly Interface[]): Problem[] {
  if (!interfaces.some(({ name }) => name === ipvsInterface)) return [];
  const message = `${ipvsInterface} is there: kube-proxy runs in IPVS mode, which is not supported; traffic to services may be judged otherwise than policy says`;
  return [{ code: "kube-proxy-ipvs", severity: "warning", place: { source: "interfaces" }, message, hint: "run kube-proxy in nftables or iptables mode" }];
}
