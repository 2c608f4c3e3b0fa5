// Reads the file of `render --interfaces`: a YAML list of {name, addresses, up}, so that a ruleset can be made for any host on any machine.

import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { parseAddress } from "../../rules/net/address.ts";
import type { Address } from "../../rules/net/types.ts";
import type { Interface } from "../../rules/resolve/types.ts";
import { CommandError, exitCodes } from "./exit.ts";

/** @throws CommandError with all that is wrong */
export function readInterfacesFile(path: string): readonly Interface[] {
  let content: unknown;
  try {
    content = parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new CommandError(`interfaces file ${path}: ${error instanceof Error ? error.message : String(error)}`, { exitCode: exitCodes.usage, cause: error });
  }
  const problems: string[] = [];
  const interfaces = parseInterfaces(content, (problem) => problems.push(problem));
  if (problems.length === 0) return interfaces;
  throw new CommandError(problems.map((problem) => `interfaces file ${path}: ${problem}`).join("\n"), { exitCode: exitCodes.usage });
}

const keys: readonly string[] = ["name", "addresses", "up"];

function parseInterfaces(content: unknown, report: (problem: string) => void): readonly Interface[] {
  if (!Array.isArray(content)) {
    report("expected a list of {name, addresses, up}, as `- {name: eth0, addresses: [192.0.2.1]}`");
    return [];
  }
  return content.map((item: unknown, index) => parseInterface(item, (problem) => report(`item ${index + 1}: ${problem}`)));
}

function parseInterface(item: unknown, report: (problem: string) => void): Interface {
  const fields: { readonly [key: string]: unknown } = typeof item === "object" && item !== null ? { ...item } : {};
  const { name, addresses = [], up = true } = fields;
  for (const key of Object.keys(fields)) if (!keys.includes(key)) report(`unknown key ${JSON.stringify(key)}; there are ${keys.join(", ")}`);
  if (typeof name !== "string" || !/^[^\s/:]{1,15}$/.test(name)) report(`name ${JSON.stringify(name)} is not an interface name (1 to 15 characters)`);
  if (typeof up !== "boolean") report(`up ${JSON.stringify(up)} is not true or false`);
  const texts: readonly unknown[] = Array.isArray(addresses) ? addresses : [];
  if (texts !== addresses && !Array.isArray(addresses)) report(`addresses ${JSON.stringify(addresses)} is not a list`);
  return { name: String(name), addresses: texts.flatMap((text) => interfaceAddress(text, report)), up: up === true };
}

/** Without a prefix length: an interface's address, as in the local routing table. */
function interfaceAddress(text: unknown, report: (problem: string) => void): Address[] {
  const address = typeof text === "string" ? parseAddress(text) : undefined;
  if (address === undefined) report(`address ${JSON.stringify(text)} is not an IPv4 or IPv6 address (no prefix length)`);
  return address === undefined ? [] : [address];
}
