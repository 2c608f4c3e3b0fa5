// What a kernel holds, in a shape that can be compared: rules as their identities, whether hostward made them or a kernel listed them.

import type { Actual } from "../../../rules/diff/types.ts";
import { identityText } from "../../../rules/ruleset/identity.ts";

export function withIdentities(actual: Actual | undefined) {
  return actual && { ...actual, chains: actual.chains.map((chain) => ({ ...chain, rules: chain.rules.map(identityText) })) };
}
