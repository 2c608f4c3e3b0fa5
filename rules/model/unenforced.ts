// What is valid Calico and not enforced here. A policy that means less than it says would be a hole, so it is refused and says why.

import type { Field } from "./decoder.ts";

/** A field that is refused when present. `why` reads on from "is not enforced: ". */
export function notEnforced(why: string, hint: string): Field<undefined> {
  return {
    decoder: (_value, at) => {
      at.report({ code: "not-enforced", message: `is not enforced: ${why}`, hint });
      return undefined;
    },
    absent: { kind: "default", value: undefined },
    effect: "refused",
  };
}
