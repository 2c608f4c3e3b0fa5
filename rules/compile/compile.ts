// Resolved endpoints become the ruleset of table `inet hostward`. The same snapshot gives the same ruleset, whatever the order of its
// parts: everything is made once under a name that tells what it is, and sorted by it. Nothing is known here of a kernel or of the ruleset before.

import type { Resolved } from "../resolve/types.ts";
import type { Ruleset } from "../ruleset/types.ts";
import { addBaseChains } from "./baseChains.ts";
import { rejectedChain } from "./builtin.ts";
import { createContext, rulesetOf } from "./context.ts";
import { table } from "./hooks.ts";
import { stagesOf } from "./stages.ts";

/** Chains, sets and maps sorted by name; every rule with the origin that it serves. @throws InvariantError for a bug of hostward's own. */
export function compile(resolved: Resolved): Ruleset {
  const context = createContext(resolved);
  if (resolved.settings.denyAction === "Reject") rejectedChain(context);
  addBaseChains(context, stagesOf(resolved.settings));
  return rulesetOf(context, table);
}
