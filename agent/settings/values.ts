// Turns what somebody wrote for a setting (text of a flag or variable, or a value of the YAML file) into the value that the agent uses,
// or into words on what was wrong with it. One parser for each sort of value; which setting takes which is in table.ts.
// Grammar as in FelixConfiguration (semantics 1.8): case of keywords does not matter, "none" is the empty value where there is one.

import { parseFailsafes } from "../../rules/net/failsafe.ts";
import { parseLoosePrefix } from "../../rules/net/prefix.ts";
import type { Failsafe, Prefix } from "../../rules/net/types.ts";
import type { InterfacePattern, LogRateLimit } from "../../rules/resolve/types.ts";

export type Parsed<T> = { readonly value: T } | { readonly problem: string };

/** Reads one sort of value. `accepts` completes the sentence "accepted is ...". */
export interface ValueType<T> {
  readonly accepts: string;
  parse(given: unknown): Parsed<T>;
}

const booleans = new Map([
  ...["true", "1", "yes", "y", "t"].map((word) => [word, true] as const),
  ...["false", "0", "no", "n", "f"].map((word) => [word, false] as const),
]);

export const boolean: ValueType<boolean> = {
  accepts: "true or false",
  parse(given) {
    const value = booleans.get(String(given).toLowerCase());
    return value === undefined ? { problem: "is not a truth value" } : { value };
  },
};

/** One of a few words in any case; the value is the word as listed here. */
export function choice<const T extends string>(...words: readonly T[]): ValueType<T> {
  return {
    accepts: words.length === 1 ? `only ${words[0]}` : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`,
    parse(given) {
      const value = words.find((word) => word.toLowerCase() === String(given).toLowerCase());
      return value === undefined ? { problem: "is not one of these" } : { value };
    },
  };
}

/** Text that a regular expression accepts. */
export function text(accepts: string, pattern: RegExp): ValueType<string> {
  return {
    accepts,
    parse(given) {
      if (typeof given !== "string") return { problem: `is ${nameOfType(given)}, not text` };
      return pattern.test(given) ? { value: given } : { problem: "does not fit" };
    },
  };
}

/** The log prefix: `none` is empty; 125 and the appended ": " are the 127 bytes that nf_log takes (linux/netfilter/nf_log.h NF_LOG_PREFIXLEN). */
export const logPrefix: ValueType<string> = {
  accepts: "text of at most 125 printable ASCII characters without a double quote, or none",
  parse(given) {
    if (typeof given !== "string") return { problem: `is ${nameOfType(given)}, not text` };
    if (given.toLowerCase() === "none") return { value: "" };
    return /^[\x20\x21\x23-\x7e]{0,125}$/.test(given) ? { value: given } : { problem: "does not fit" };
  },
};

/** A whole number, in digits. */
export function integer(from: number, to: number): ValueType<number> {
  return {
    accepts: `a whole number from ${from} to ${to}`,
    parse(given) {
      const value = typeof given === "string" && /^[0-9]{1,10}$/.test(given) ? Number(given) : given;
      if (typeof value !== "number" || !Number.isInteger(value)) return { problem: "is not such a number" };
      return value >= from && value <= to ? { value } : { problem: "is out of range" };
    },
  };
}

/** The burst is a setting of its own. */
export type Rate = Pick<LogRateLimit, "rate" | "per">;

export const rateLimit: ValueType<Rate | undefined> = {
  accepts: "a number from 1 to 9999, a slash and second, minute, hour or day (10/minute), or none",
  parse(given) {
    if (isNone(given)) return { value: undefined };
    const parts = /^(?<rate>[1-9][0-9]{0,3})\/(?<per>second|minute|hour|day)$/i.exec(String(given))?.groups;
    if (parts === undefined) return { problem: "is not such a rate" };
    return { value: { rate: Number(parts["rate"]), per: String(parts["per"]).toLowerCase() as Rate["per"] } };
  },
};

export const mark: ValueType<number> = {
  accepts: "a number from 1 to 0xffffffff, decimal or hexadecimal (0x...)",
  parse(given) {
    const value = typeof given === "string" && /^(0x[0-9a-f]{1,8}|[1-9][0-9]{0,9})$/i.test(given) ? Number(given) : given;
    if (typeof value !== "number" || !Number.isInteger(value)) return { problem: "is not such a number" };
    return value >= 1 && value <= 0xffff_ffff ? { value } : { problem: "is out of range" };
  },
};

/** `parseItem` says what is wrong with an item, or gives its value. */
function list<T>(accepts: string, parseItem: (item: string) => Parsed<T>): ValueType<readonly T[]> {
  return {
    accepts,
    parse(given) {
      const items = typeof given === "string" ? given.split(",").map((item) => item.trim()) : given;
      if (!Array.isArray(items)) return { problem: `is ${nameOfType(given)}, not text or a list` };
      const values: T[] = [];
      for (const item of items) {
        const parsed: Parsed<T> = typeof item === "string" ? parseItem(item) : { problem: `is ${nameOfType(item)}, not text` };
        if ("problem" in parsed) return { problem: `has the item ${JSON.stringify(item)} that ${parsed.problem}` };
        values.push(parsed.value);
      }
      return { value: values };
    },
  };
}

/** Kernel rule for interface names (net/core/dev.c dev_valid_name), narrowed to what Felix accepts. */
const interfaceName = /^[A-Za-z0-9_.-]{1,15}$/;

const prefixes = list("interface name prefixes separated by commas (1 to 15 letters, digits or _.-)", (item) =>
  interfaceName.test(item) ? { value: item } : { problem: "is not the start of an interface name" },
);

/** At least one: with no prefix every interface would be a workload's (Felix: non-zero). */
export const interfacePrefixes: ValueType<readonly string[]> = {
  accepts: prefixes.accepts,
  parse: (given) => (Array.isArray(given) && given.length === 0 ? { problem: "is empty" } : prefixes.parse(given)),
};

const patterns = list<InterfacePattern>("", (item) => {
  const source = /^\/(.*)\/$/.exec(item)?.[1];
  if (source === undefined) return interfaceName.test(item) ? { value: { kind: "name", name: item } } : { problem: "is not an interface name" };
  const broken = regexProblem(source);
  return broken === undefined ? { value: { kind: "regex", source } } : { problem: `is not a regular expression (${broken})` };
});

export const interfacePatterns: ValueType<readonly InterfacePattern[]> = {
  accepts: "interface names and /regular expressions/ separated by commas, or none",
  parse: (given) => (isNone(given) ? { value: [] } : patterns.parse(given)),
};

const networkList = list<Prefix>("", (item) => {
  const value = parseLoosePrefix(item);
  return value === undefined ? { problem: "is not an address or CIDR" } : { value };
});

export const networks: ValueType<readonly Prefix[]> = {
  accepts: "addresses and CIDRs separated by commas, or none",
  parse: (given) => (isNone(given) ? { value: [] } : networkList.parse(given)),
};

export const failsafes: ValueType<readonly Failsafe[]> = {
  accepts: "protocol:port or protocol:net:port separated by commas, a list of {protocol, port, net}, or none; protocol is tcp, udp or sctp",
  parse(given) {
    if (isNone(given)) return { value: [] };
    const written = Array.isArray(given) ? failsafeItems(given) : { value: String(given) };
    if ("problem" in written) return written;
    if (written.value === "") return { value: [] };
    const parsed = parseFailsafes(written.value);
    return "problem" in parsed ? { problem: `is not a list of ports: ${parsed.problem}` } : { value: parsed.failsafes };
  },
};

/** The API's list of ProtoPort objects (or of text) as Felix's text, which has one strict parser. */
function failsafeItems(items: readonly unknown[]): Parsed<string> {
  const written: string[] = [];
  for (const [index, item] of items.entries()) {
    const one = typeof item === "object" && item !== null ? failsafeItem(item) : { value: String(item) };
    if ("problem" in one) return { problem: `has an item ${index + 1} that ${one.problem}` };
    if (one.value.includes(",") || one.value === "") return { problem: `has an item ${index + 1} that is not one port` };
    written.push(one.value);
  }
  return { value: written.join(",") };
}

function failsafeItem(item: object): Parsed<string> {
  const unknownKey = Object.keys(item).find((key) => !["protocol", "port", "net"].includes(key));
  if (unknownKey !== undefined) return { problem: `has the unknown key ${unknownKey}` };
  const { protocol = "TCP", port, net } = item as { readonly protocol?: unknown; readonly port?: unknown; readonly net?: unknown };
  if (typeof protocol !== "string") return { problem: `has a protocol that is ${nameOfType(protocol)}, not text` };
  if (typeof port !== "number" || !Number.isInteger(port)) return { problem: port === undefined ? "has no port" : "has a port that is not a whole number" };
  if (net === undefined || net === null || net === "") return { value: `${protocol}:${port}` };
  if (typeof net !== "string") return { problem: `has a net that is ${nameOfType(net)}, not text` };
  return { value: net.includes(":") ? `${protocol}:[${net}]:${port}` : `${protocol}:${net}:${port}` };
}

function isNone(given: unknown): boolean {
  return (typeof given === "string" && given.toLowerCase() === "none") || (Array.isArray(given) && given.length === 0);
}

function regexProblem(source: string): string | undefined {
  try {
    new RegExp(source);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function nameOfType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return `a ${typeof value}`;
}
