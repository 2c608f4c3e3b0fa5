// The grammars of names (semantics R3, R4): resources, labels, annotations, ports, interfaces. Kubernetes' rules, in Calico's selection of them.

import { isPortName, portNameRule } from "../net/ports.ts";
import type { Cursor } from "./cursor.ts";
import type { Decoder } from "./decoder.ts";
import { refine, show, stringMap, text } from "./decoder.ts";
import type { Labels } from "./types.ts";

interface NameRule {
  readonly most: number;
  readonly pattern: RegExp;
  readonly expected: string;
}

const part = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomain = new RegExp(`^${part}(\\.${part})*$`);
const partRule = 'lower-case letters, digits and "-", beginning and ending with a letter or digit';

/** A DNS-1123 subdomain: most resources, nodes and profiles. */
export const subdomainName = named({ most: 253, pattern: subdomain, expected: `a DNS name (parts of ${partRule}, joined by dots)` });

/** A DNS-1123 label: tiers. */
export const tierName = named({ most: 63, pattern: new RegExp(`^${part}$`), expected: `a tier name (${partRule}; no dots)` });

/** One label, or two joined by a dot (historical `tier.name`). */
export const policyName = named({ most: 253, pattern: new RegExp(`^${part}(\\.${part})?$`), expected: `a policy name (${partRule}; at most one dot)` });

/** As policyName, or what Calico calls its copies of Kubernetes' and OpenStack's policies. */
export const namespacedPolicyName = named({
  most: 253,
  pattern: new RegExp(`^((knp|ossg)\\.default\\.${part}(\\.${part})*|${part}(\\.${part})?)$`),
  expected: `a policy name (${partRule}; at most one dot, or more after "knp.default.")`,
});

export const portName: Decoder<string> = refine(text, (value, at) => {
  if (isPortName(value)) return value;
  return at.fail({ code: "field-value", message: `expected a port name (${portNameRule}), got ${show(value)}`, hint: lowerCase(value, isPortName) });
});

/** `*` or a name that the kernel could have. */
export const interfaceName: Decoder<string> = refine(text, (value, at) => {
  if (value === "" || value === "*" || /^[A-Za-z0-9_.-]{1,15}$/.test(value)) return value;
  if (value.length > 15) {
    const message = `expected an interface name of at most 15 characters (the kernel has none longer), got ${show(value)}, which has ${value.length}`;
    return at.fail({ code: "field-limit", message });
  }
  const hint = /[*+?[\]]/.test(value) ? 'only "*" alone stands for other names: for all interfaces that no other HostEndpoint names' : undefined;
  return at.fail({ code: "field-value", message: `expected an interface name (letters, digits, "_", "." and "-") or "*", got ${show(value)}`, hint });
});

/** A DNS-1123 subdomain: what every name is made of at most. */
export function isSubdomain(value: string): boolean {
  return value.length <= 253 && subdomain.test(value);
}

function named({ most, pattern, expected }: NameRule): Decoder<string> {
  // Length first: the pattern is not for texts of any length.
  const good = (value: string) => value.length <= most && pattern.test(value);
  return refine(text, (value, at) => {
    if (good(value)) return value;
    if (value.length > most) return at.fail({ code: "field-limit", message: `expected at most ${most} characters, got ${value.length}` });
    return at.fail({ code: "field-value", message: `expected ${expected}, got ${show(value)}`, hint: lowerCase(value, good) });
  });
}

function lowerCase(value: string, good: (value: string) => boolean): string | undefined {
  const lower = value.toLowerCase().replaceAll("_", "-");
  return good(lower) ? `write ${show(lower)}` : undefined;
}

/** Labels; a key for which `reserved` gives a reason is refused. */
export function labelMap(reserved: (key: string) => string | undefined): Decoder<Labels> {
  return stringMap(labelValue, (key, at) => {
    reportKey(key, "label key", at);
    const reason = reserved(key);
    if (reason !== undefined) at.report({ code: "label-reserved", path: [key], spot: { kind: "key" }, message: reason, hint: "remove this label" });
  });
}

const mostAnnotations = 256 * 1024;

/** Keys are qualified names in any case; 256 KiB together. */
export const annotationMap: Decoder<Labels> = refine(
  stringMap(text, (key, at) => reportKey(key.toLowerCase(), "annotation key", at, key)),
  (annotations, at) => {
    const size = Object.entries(annotations).reduce((sum, [key, value]) => sum + utf8Length(key) + utf8Length(value), 0);
    if (size <= mostAnnotations) return annotations;
    return at.fail({ code: "field-limit", message: `expected annotations of at most ${mostAnnotations} bytes together, got ${size}` });
  },
);

const labelValue: Decoder<string> = refine(text, (value, at) => {
  if (value === "" || isQualifiedPart(value)) return value;
  return at.fail({ code: "label-invalid", message: `expected a label value (empty, or ${qualifiedRule}), got ${show(value)}` });
});

const qualifiedRule = 'at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit';

function isQualifiedPart(value: string): boolean {
  return value.length <= 63 && /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(value);
}

function reportKey(key: string, what: string, at: Cursor, written = key): void {
  const slash = key.indexOf("/");
  const prefix = key.slice(0, Math.max(slash, 0));
  const goodPrefix = slash === -1 || isSubdomain(prefix);
  if (goodPrefix && isQualifiedPart(key.slice(slash + 1))) return;
  const message = `expected a ${what} (a name of ${qualifiedRule}; before it, if wanted, a DNS name and "/"), got ${show(written)}`;
  at.report({ code: "label-invalid", path: [written], spot: { kind: "key" }, message });
}

/** Bytes in UTF-8; this floor has no TextEncoder. */
function utf8Length(value: string): number {
  let bytes = 0;
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
