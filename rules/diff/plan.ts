// A Transaction in words: each operation as one line of nft, whole transactions with counts. For the log, `plan`, and the message of a refusal;
// nothing here is read back by nft.

import { firstKeys } from "../ruleset/chunks.ts";
import { commentText } from "../ruleset/comment.ts";
import { commentOf } from "../ruleset/identity.ts";
import { printElements, printEntry, printRule } from "../ruleset/print.ts";
import type { Chain, NftMap, NftSet } from "../ruleset/types.ts";
import type { ActualRule, Batch, Operation, Transaction } from "./types.ts";

/** How many elements of a set or map one line shows. */
const shown = 4;

/** `add rule input ct state established,related accept comment "..."`: one line, without the table's name. */
export function describeOperation(operation: Operation): string {
  const { verb } = operation;
  switch (operation.object) {
    case "table":
      return `${verb} table`;
    case "chain":
      return describeChain(operation);
    case "rule":
      return describeRule(operation);
    case "set":
      return operation.verb === "add" ? describeSet(operation.set) : `delete set ${operation.name}`;
    case "elements":
      return `${verb} element ${operation.set.name} ${list(printElements({ ...operation.set, keys: firstKeys(operation.keys, shown) }), operation.keys.count)}`;
    case "map":
      return operation.verb === "add" ? describeMap(operation.map) : `delete map ${operation.name}`;
    case "entries": {
      const texts = operation.entries.slice(0, shown).map((entry) => printEntry(operation.map.types, entry));
      return `${verb} element ${operation.map.name} ${list(texts, operation.entries.length)}`;
    }
  }
}

/** A line a batch with its counts, and below it a line an operation. Ends without a newline; empty for no batches. */
export function printPlan({ batches }: Transaction): string {
  return batches.flatMap((batch, index) => [heading(batch, index, batches.length), ...batch.operations.map(describeOperation)]).join("\n");
}

function heading({ operations }: Batch, index: number, total: number): string {
  const counts = Map.groupBy(operations, ({ verb, object }) => `${verb} ${object}`);
  const parts = [...counts].map(([what, group]) => `${what}: ${group.reduce((sum, operation) => sum + weight(operation), 0)}`);
  return `# batch ${index + 1} of ${total}, all or none: ${parts.join(", ")}`;
}

/** Elements and entries count by themselves, everything else is one. */
function weight(operation: Operation): number {
  if (operation.object === "elements") return operation.keys.count;
  return operation.object === "entries" ? operation.entries.length : 1;
}

/** Indices are nft's: from 0, of the chain as it was when the batch began. */
function describeRule(operation: Extract<Operation, { readonly object: "rule" }>): string {
  const { chain } = operation;
  switch (operation.verb) {
    case "add":
      return `${operation.before === undefined ? `add rule ${chain}` : `insert rule ${chain} index ${operation.before}`} ${printRule(operation.rule)}`;
    case "replace":
      return `replace rule ${chain} index ${operation.at} ${printRule(operation.rule)}`;
    case "delete":
      return [`delete rule ${chain} index ${operation.at}`, ...describeHeld(operation.held)].join(" ");
  }
}

/** Of a rule that was read from the kernel only the comment is told. */
function describeHeld(rule: ActualRule | undefined): string[] {
  if (rule === undefined) return [];
  if (!("identity" in rule)) return [printRule(rule)];
  const comment = commentOf(rule);
  return comment === "" ? [] : [`comment "${commentText(comment)}"`];
}

function describeChain(operation: Extract<Operation, { readonly object: "chain" }>): string {
  switch (operation.verb) {
    case "add":
      return `add chain ${operation.chain.name}${hookOf(operation.chain)}`;
    case "delete":
      return `delete chain ${operation.name}`;
    case "flush":
      return operation.name === undefined ? "flush table" : `flush chain ${operation.name}`;
  }
}

function hookOf(chain: Chain): string {
  return chain.kind === "regular" ? "" : ` { type filter hook ${chain.hook} priority ${chain.priority}; policy accept; }`;
}

function describeSet({ name, types, flavour, comment }: NftSet): string {
  const flags = flavour === "interval" ? " flags interval;" : "";
  return `add set ${name} { type ${types.join(" . ")};${flags} comment "${commentText(comment)}"; }`;
}

function describeMap({ name, types, comment }: NftMap): string {
  return `add map ${name} { type ${types.join(" . ")} : verdict; comment "${commentText(comment)}"; }`;
}

function list(texts: readonly string[], count: number): string {
  const more = count > texts.length ? [`and ${count - texts.length} more`] : [];
  return `{ ${[...texts, ...more].join(", ")} }`;
}
