// A folder of test/cases as values: what is given (interfaces, settings, resources), what is expected (flows, statuses) and where the goldens
// lie. Strict: a case that says less or more than this file understands is an error, so that no expectation is silently not checked.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { loadSettings } from "../../agent/settings/load.ts";
import { policySettings } from "../../agent/settings/policy.ts";
import { readManifest } from "../../agent/sources/manifest.ts";
import { type Flow, parseFlow } from "../../rules/explain/packet.ts";
import { formatProblem } from "../../rules/model/problem.ts";
import { parseAddress } from "../../rules/net/address.ts";
import { resolve } from "../../rules/resolve/resolve.ts";
import type { Interface, PolicySettings, Resolved } from "../../rules/resolve/types.ts";

export const casesFolder = join(import.meta.dirname, "../cases");

const address = z.string().transform((text, context) => {
  const value = parseAddress(text);
  if (value === undefined) context.addIssue(`${text} is no address`);
  return value ?? z.NEVER;
});

const caseHead = z.strictObject({
  kind: z.literal("Case"),
  description: z.string().min(10),
  facts: z.array(z.string().regex(/^[A-Z]-?t?\d+[a-z]?$/)).min(1),
  node: z.string(),
  interfaces: z.array(z.strictObject({ name: z.string(), addresses: z.array(address), up: z.boolean() })),
  settings: z.record(z.string(), z.union([z.string(), z.boolean(), z.number()])).default({}),
  /** What becomes of the local endpoints (H18); only where a case is about that. */
  statuses: z.array(z.strictObject({ name: z.string(), state: z.enum(["up", "down", "error"]), interfaces: z.array(z.string()) })).optional(),
});

type CaseHead = z.infer<typeof caseHead>;

export interface FlowRow {
  /** In flows.txt, from 1. */
  readonly line: number;
  readonly text: string;
  readonly flow: Flow;
}

export interface Case {
  readonly name: string;
  readonly folder: string;
  readonly description: string;
  /** Ids of the facts of the semantics that it shows. */
  readonly facts: readonly string[];
  readonly interfaces: readonly Interface[];
  readonly statuses: CaseHead["statuses"];
  readonly resolved: Resolved;
  readonly rows: readonly FlowRow[];
}

/** A case that no folder holds. */
export function caseOf({ name, interfaces, resolved, rows }: Pick<Case, "name" | "interfaces" | "resolved" | "rows">): Case {
  return { name, folder: "", description: "", facts: [], interfaces, statuses: undefined, resolved, rows };
}

/** All cases, or those that HOSTWARD_CASES names (comma-separated parts of names). */
function caseNames(root: string): readonly string[] {
  const words = (process.env["HOSTWARD_CASES"] ?? "").split(",").filter((word) => word !== "");
  const names = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names
    .map(({ name }) => name)
    .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
    .toSorted();
}

/** The Case document, and the manifests after it with their line numbers kept. */
function splitInput(text: string): { readonly head: unknown; readonly manifests: string } {
  const lines = text.split("\n");
  const end = lines.indexOf("---");
  if (end < 0) return { head: parse(text), manifests: "" };
  return { head: parse(lines.slice(0, end).join("\n")), manifests: "\n".repeat(end) + lines.slice(end).join("\n") };
}

function settingsOf(settings: CaseHead["settings"]): PolicySettings {
  const flags = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]));
  const loaded = loadSettings({ environment: {}, flags });
  if (loaded.settings === undefined) throw new Error(loaded.problems.map(formatProblem).join("\n"));
  return policySettings(loaded.settings);
}

function rowsOf(text: string): readonly FlowRow[] {
  return text.split("\n").flatMap((line, index): FlowRow[] => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    return [{ line: index + 1, text: line, flow: parseFlow(line) }];
  });
}

function loadCase(name: string, root: string): Case {
  const folder = join(root, name);
  const source = `test/cases/${name}/input.yaml`;
  const { head, manifests } = splitInput(readFileSync(join(folder, "input.yaml"), "utf8"));
  const { node, interfaces, settings, description, facts, statuses } = caseHead.parse(head);
  const { resources, problems } = readManifest(manifests, source);
  if (problems.length > 0) throw new Error(problems.map(formatProblem).join("\n"));
  return {
    name,
    folder,
    description,
    facts,
    interfaces,
    statuses,
    resolved: resolve({ node, resources, interfaces, settings: settingsOf({ node, ...settings }) }),
    rows: rowsOf(readFileSync(join(folder, "flows.txt"), "utf8")),
  };
}

export type Attempt = { readonly name: string } & ({ readonly loaded: Case } | { readonly error: Error });

/** All chosen cases; one that cannot be read is an error to report, not the end of the others. */
export function loadCases(root: string = casesFolder): readonly Attempt[] {
  return caseNames(root).map((name): Attempt => {
    try {
      return { name, loaded: loadCase(name, root) };
    } catch (error) {
      return { name, error: error as Error };
    }
  });
}
