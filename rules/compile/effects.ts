// What stands at the end of a rule. Every rule that decides about a packet counts it; one that only sends it on does not.

import type { LogRateLimit } from "../resolve/types.ts";
import type { Origin, Rule, Statement, Verdict } from "../ruleset/types.ts";

export const accept: Verdict = { kind: "accept" };
export const drop: Verdict = { kind: "drop" };

const counter: Statement = { kind: "counter" };

export function verdict(verdict: Verdict): Statement {
  return { kind: "verdict", verdict };
}

export function counted(decision: Verdict): readonly Statement[] {
  return [counter, verdict(decision)];
}

/** As `counted`, with effects between the two. */
export function countedWith(effects: readonly Statement[], decision: Verdict): readonly Statement[] {
  return [counter, ...effects, verdict(decision)];
}

/** The limit comes after the matches: only what matches uses it up (M51, G49). Packets beyond it are counted and not logged. */
export function logged(prefix: string, limit: LogRateLimit | undefined): readonly Statement[] {
  return [counter, ...(limit === undefined ? [] : [{ kind: "limit", ...limit } as const]), { kind: "log", prefix }];
}

/** A rule that only leads to another chain and back. */
export function jump(chain: string, { kind, name, direction }: Origin): Rule {
  return { statements: [verdict({ kind: "jump", chain })], origin: { kind, name, ...(direction === undefined ? {} : { direction }) } };
}

/** A rule that only leads to another chain, for good. */
export function goto(chain: string, origin: Origin, when: readonly Statement[] = []): Rule {
  return { statements: [...when, verdict({ kind: "goto", chain })], origin };
}
