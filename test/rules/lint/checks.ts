// Runs one check's rows: resources, perhaps a host, and the problems that lint makes of them, as lines.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lint } from "../../../rules/lint/lint.ts";
import type { LintInput } from "../../../rules/lint/world.ts";
import { formatProblem } from "../../../rules/model/problem.ts";
import type { Resource } from "../../../rules/model/types.ts";
import { defaultPolicySettings } from "../../../rules/resolve/settings.ts";
import type { PolicySettings } from "../../../rules/resolve/types.ts";
import { endpoint } from "../resolve/resources.ts";

export interface Row {
  readonly name: string;
  readonly of: readonly Resource[];
  /** Besides the resources of the row there is a HostEndpoint "web" of eth0 with the label role=web. */
  readonly alone?: true;
  readonly input?: Partial<Omit<LintInput, "settings">>;
  readonly settings?: Partial<PolicySettings>;
  /** Each problem as one line matches its pattern, in order. */
  readonly says: readonly RegExp[];
}

export const web = endpoint("web", { on: "eth0", labels: { role: "web" }, ips: ["10.0.0.1"], ports: [{ name: "http", protocol: 6, port: 80 }] });
export const both = { types: ["ingress", "egress"] } as const;
export const onWeb = { selector: "role == 'web'" };

function problemsOf({ of, alone, input = {}, settings = {} }: Row): string[] {
  const resources = alone ? of : [...of, web];
  const found = lint({
    node: undefined,
    resolved: undefined,
    ssh: { port: 22, client: undefined },
    ...input,
    resources,
    settings: { ...defaultPolicySettings, ...settings },
  });
  assert.ok(found.every(({ severity, hint }) => severity === "warning" && hint !== undefined && hint !== ""));
  return found.map(formatProblem);
}

/** Tests that the rows of one code say what they shall, and no row anything of another code. */
export function check(code: string, rows: readonly Row[]): void {
  describe(code, () => {
    for (const row of rows) {
      test(row.name, () => {
        const found = problemsOf(row);
        assert.equal(found.length, row.says.length, found.join("\n"));
        for (const [index, pattern] of row.says.entries()) {
          assert.match(found[index] ?? "", pattern);
          assert.ok(found[index]?.startsWith(`test: warning ${code} `), found[index]);
        }
      });
    }
  });
}
