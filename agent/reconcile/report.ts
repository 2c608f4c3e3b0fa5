// What a pass did, as plain data: log, status and later metrics only read it.

import type { Problem } from "../../rules/model/problem.ts";
import type { EndpointStatus } from "../../rules/resolve/types.ts";
import type { Ruleset } from "../../rules/ruleset/types.ts";
import type { AppliedPass, CompiledPass, Durations } from "./pass.ts";

export interface Report {
  readonly outcome: "applied" | "unchanged" | "failed";
  /** Why the pass ran: "start", "manifests", "interfaces", "foreign change", "retry", "periodic", ... */
  readonly reasons: readonly string[];
  /** Of the snapshot it was for. */
  readonly revision: number;
  /** Of the kernel after it; undefined when it failed. */
  readonly generation: number | undefined;
  readonly milliseconds: Durations;
  readonly counts: Counts;
  readonly batches: number;
  readonly operations: number;
  readonly messages: number;
  readonly bytes: number;
  readonly encodeMicroseconds: number;
  readonly sendMicroseconds: number;
  /** How many resources the kernel refused: everything else landed, with these as they were before or without them. */
  readonly isolated: number;
  /** Every local HostEndpoint. */
  readonly endpoints: readonly EndpointStatus[];
  /** Of this pass only; those of the sources are the snapshot's. */
  readonly problems: readonly Problem[];
  /** What somebody else had changed and this pass repaired. */
  readonly repair: Repair | undefined;
}

export interface Repair {
  /** The first difference found: "chain input: rule 3 (...) is gone". */
  readonly what: string;
  /** "nft[1234]": whose commits they were, as far as it is known. */
  readonly by: string;
  /** Of the processes, without their ids. */
  readonly names: readonly string[];
  /** From the first notification of it to the kernel's acknowledgement of the repair. */
  readonly milliseconds: number;
}

export interface Counts {
  readonly endpoints: number;
  readonly chains: number;
  readonly rules: number;
  readonly sets: number;
  /** Of all sets and maps. */
  readonly elements: number;
}

function countRuleset({ chains, sets, maps }: Ruleset, endpoints: number): Counts {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  return {
    endpoints,
    chains: chains.length,
    rules: sum(chains.map(({ rules }) => rules.length)),
    sets: sets.length,
    elements: sum(sets.map(({ keys }) => keys.count)) + sum(maps.map(({ entries }) => entries.length)),
  };
}

/** Of a pass that landed. */
export interface Outcome {
  /** Of what was refused and is not in force as written. */
  readonly isolated?: readonly Problem[];
  readonly others?: readonly Problem[];
  readonly repair?: Repair | undefined;
}

export function successReport(pass: AppliedPass, reasons: readonly string[], { isolated = [], others = [], repair }: Outcome = {}): Report {
  const sum = (read: (commit: (typeof pass.commits)[number]) => number) => pass.commits.reduce((total, commit) => total + read(commit), 0);
  return {
    outcome: pass.commits.length === 0 ? "unchanged" : "applied",
    reasons,
    revision: pass.input.snapshot.revision,
    generation: pass.applied.generation,
    milliseconds: pass.milliseconds,
    counts: countRuleset(pass.ruleset, pass.resolved.endpoints.length),
    batches: pass.commits.length,
    operations: pass.transaction.batches.reduce((total, batch) => total + batch.operations.length, 0),
    messages: sum((commit) => commit.messages),
    bytes: sum((commit) => commit.bytes),
    encodeMicroseconds: sum((commit) => commit.encodeMicroseconds),
    sendMicroseconds: sum((commit) => commit.sendMicroseconds),
    endpoints: pass.resolved.statuses,
    isolated: isolated.length,
    problems: [...isolated, ...others],
    repair,
  };
}

/** @param compiled undefined when not even a ruleset came out */
export function failureReport(compiled: CompiledPass | undefined, of: Pick<Report, "reasons" | "revision" | "problems">): Report {
  const none = { batches: 0, operations: 0, messages: 0, bytes: 0, encodeMicroseconds: 0, sendMicroseconds: 0 };
  return {
    outcome: "failed",
    isolated: 0,
    ...of,
    ...none,
    generation: undefined,
    milliseconds: compiled?.milliseconds ?? {},
    counts:
      compiled === undefined ? { endpoints: 0, chains: 0, rules: 0, sets: 0, elements: 0 } : countRuleset(compiled.ruleset, compiled.resolved.endpoints.length),
    endpoints: compiled?.resolved.statuses ?? [],
    repair: undefined,
  };
}
