// Resolved endpoints become the ruleset of table `inet hostward`. The same snapshot gives the same ruleset, whatever the order of its parts and whatever
// was compiled before: everything is made once under a name that tells what it is, and sorted by it. Nothing is known here of a kernel.

import type { Resolved } from "../resolve/types.ts";
import type { Ruleset } from "../ruleset/types.ts";
import { addBaseChains } from "./baseChains.ts";
import { rejectedChain } from "./builtin.ts";
import { beginPass, type Context, endPass, make } from "./context.ts";
import { table } from "./hooks.ts";
import { createMemory, type Memory } from "./memory.ts";

/** Chains, sets and maps sorted by name; every rule with the origin that it serves. @throws InvariantError for a bug of hostward's own. */
export function compile(resolved: Resolved): Ruleset {
  return createCompiler()(resolved);
}

/**
 * `compile` for one host over time: the result is the same, and what is made of the same objects as the last time is the same object as then. A set of which
 * members changed is another set, and the rules that look it up are not compiled again.
 */
export function createCompiler(): (resolved: Resolved) => Ruleset {
  let memory: Memory | undefined;
  return (resolved) => {
    const last = memory;
    const stays = last !== undefined && last.settings === resolved.settings && last.tunnelPeers === resolved.tunnelPeers;
    const current = stays ? last : createMemory(resolved);
    /** What a pass that fails has half done is forgotten. */
    memory = undefined;
    const context = beginPass(current, resolved);
    if (current.endpoints !== resolved.endpoints || context.renamed.size > 0) make(context, current.root, () => addChains(context));
    current.endpoints = resolved.endpoints;
    memory = current;
    return endPass(current, table);
  };
}

function addChains(context: Context): void {
  if (context.resolved.settings.denyAction === "Reject") rejectedChain(context);
  addBaseChains(context, context.memory.stages);
}
