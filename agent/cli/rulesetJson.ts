// A ruleset as JSON values for `render -o json`: rules both as nft text and as statements, set elements in nft syntax.

import { formatAddress } from "../../rules/net/address.ts";
import { formatPrefix } from "../../rules/net/prefix.ts";
import { printElements, printRule, printVerdict } from "../../rules/ruleset/print.ts";
import type { Chain, Ruleset, Scalar, Statement, Value } from "../../rules/ruleset/types.ts";

export function rulesetJson({ table, chains, sets, maps }: Ruleset): object {
  return {
    family: "inet",
    table,
    chains: chains.map(chainJson),
    sets: sets.map((set) => ({ name: set.name, types: set.types, flavour: set.flavour, comment: set.comment, elements: printElements(set) })),
    maps: maps.map(({ name, types, counters, comment, entries }) => ({
      ...{ name, types, counters, comment },
      elements: entries.map(({ key, verdict, origin }) => ({ key: key.map(scalarJson), verdict: printVerdict(verdict), origin })),
    })),
  };
}

function chainJson(chain: Chain): object {
  const base = chain.kind === "base" ? { hook: chain.hook, priority: chain.priority, policy: "accept" } : {};
  const rules = chain.rules.map((rule) => ({ nft: printRule(rule), origin: rule.origin, statements: rule.statements.map(statementJson) }));
  return { name: chain.name, kind: chain.kind, ...base, rules };
}

function statementJson(statement: Statement): object {
  return statement.kind === "match" ? { ...statement, value: valueJson(statement.value) } : statement;
}

function valueJson(value: Value): object {
  switch (value.kind) {
    case "scalar":
      return { ...value, value: scalarJson(value.value) };
    case "range":
      return { ...value, from: scalarJson(value.from), to: scalarJson(value.to) };
    case "prefix":
      return { ...value, prefix: formatPrefix(value.prefix) };
    case "startsWith":
    case "bits":
      return value;
    default:
      return value satisfies never;
  }
}

function scalarJson(scalar: Scalar): number | string {
  return typeof scalar === "object" ? formatAddress(scalar) : scalar;
}
