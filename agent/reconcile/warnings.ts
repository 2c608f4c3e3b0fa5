// What is valid and yet suspicious about what a pass enforces, as problems for its report.

import { lint } from "../../rules/lint/lint.ts";
import type { SshAccess } from "../../rules/lint/world.ts";
import type { Problem } from "../../rules/model/problem.ts";
import { sameContent } from "../store/sameContent.ts";
import type { CompiledPass } from "./pass.ts";

/** Remembers the last answer: most passes are about what the one before was about. */
export function createWarnings(ssh: SshAccess): (compiled: CompiledPass) => readonly Problem[] {
  let known: { readonly of: CompiledPass["input"]; readonly problems: readonly Problem[] } | undefined;
  return ({ input, resolved }) => {
    const { node, snapshot, settings } = input;
    if (known?.of.snapshot !== snapshot || known.of.node !== node || !sameContent(known.of.settings, settings)) {
      known = { of: input, problems: lint({ node, settings, resolved, ssh, resources: snapshot.resources }) };
    }
    return known.problems;
  };
}
