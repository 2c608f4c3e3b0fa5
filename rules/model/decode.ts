// The one door through which resources come in: an unknown value becomes a Resource with every default applied, or problems that say
// where and why, or it is none of hostward's business and says so. Knows nothing of files, YAML or the Kubernetes API.

import type { Issue } from "./cursor.ts";
import { Cursor, invalid } from "./cursor.ts";
import { enumerate, isMapping, show } from "./decoder.ts";
import { apiVersions, decoders, unenforcedKinds, unmistakable, unrelatedKinds } from "./kinds.ts";
import { isSubdomain } from "./names.ts";
import { nearest } from "./nearest.ts";
import type { Locate, Problem } from "./problem.ts";
import type { Resource } from "./types.ts";

export interface Decoded {
  /** Undefined when there is an error, or when it is ignored. */
  readonly resource: Resource | undefined;
  /** Errors and warnings; each has a place, and "Kind/name" where both could be read without doubt. */
  readonly problems: readonly Problem[];
  /** Why the value is not for hostward, when that is nobody's mistake. */
  readonly ignored?: string;
}

/** One resource: the value of one document, or one object of an API. */
export function decodeResource(value: unknown, locate: Locate): Decoded {
  const at = new Cursor(locate, resourceName(value));
  const reading = classify(value);
  switch (reading.kind) {
    case "decode": {
      const resource = reading.decoder(value, at);
      return { resource: resource === invalid ? undefined : resource, problems: at.problems() };
    }
    case "ignore":
      return { resource: undefined, problems: [], ignored: reading.why };
    case "report":
      at.report(reading.issue);
      return { resource: undefined, problems: at.problems() };
  }
}

/** "HostEndpoint/some.name"; "" unless both could be read without doubt: a mistyped name is not the name of another resource. */
function resourceName(value: unknown): string {
  if (!isMapping(value) || !isMapping(value["metadata"])) return "";
  const { kind } = value;
  const { name } = value["metadata"];
  const certain = typeof kind === "string" && (decoders.has(kind) || unenforcedKinds.has(kind)) && typeof name === "string" && isSubdomain(name);
  return certain ? `${kind}/${name}` : "";
}

type Reading =
  | { readonly kind: "decode"; readonly decoder: NonNullable<ReturnType<typeof decoders.get>> }
  | { readonly kind: "ignore"; readonly why: string }
  | { readonly kind: "report"; readonly issue: Issue };

function classify(value: unknown): Reading {
  if (!isMapping(value)) return report({ code: "not-a-resource", message: "expected a resource: a mapping with apiVersion and kind" });
  const { apiVersion, kind } = value;
  if (typeof kind !== "string" || kind === "") return missingKind(apiVersion);
  if (typeof apiVersion !== "string" || apiVersion === "") return missingVersion(kind, apiVersion);
  if (apiVersions.includes(apiVersion)) return ofCalico(kind);
  if (apiVersion === "v1" && kind === "List")
    return report({ code: "not-a-resource", message: "this List is not read", hint: "its items must be resources, and none of them a List" });
  return isSlip(apiVersion, kind) ? wrongVersion(apiVersion, kind) : { kind: "ignore", why: `${apiVersion} is not Calico's` };
}

function ofCalico(kind: string): Reading {
  const decoder = decoders.get(kind);
  if (decoder !== undefined) return { kind: "decode", decoder };
  if (unrelatedKinds.includes(kind)) return { kind: "ignore", why: `${kind} says nothing about host endpoints` };
  const unenforced = unenforcedKinds.get(kind);
  if (unenforced !== undefined) {
    return report({ code: "not-enforced", severity: "warning", message: `${kind} is not enforced: ${unenforced.why}`, hint: unenforced.hint });
  }
  const meant = nearest(kind, [...decoders.keys(), ...unenforcedKinds.keys(), ...unrelatedKinds]);
  const hint = meant === undefined ? `hostward reads ${enumerate([...decoders.keys()])}` : `did you mean ${meant}?`;
  return report({ code: "unknown-kind", path: ["kind"], message: `there is no kind ${show(kind)}`, hint });
}

/** Another group's document is ignored, unless it is likely that Calico's was meant. */
function isSlip(apiVersion: string, kind: string): boolean {
  const group = apiVersion.split("/", 1)[0] ?? "";
  const ours = apiVersions.some((version) => version.startsWith(`${group}/`)) || nearest(apiVersion, apiVersions) !== undefined;
  return ours || isUnmistakable(kind) || (!apiVersion.includes("/") && isOurs(kind));
}

function isUnmistakable(kind: string): boolean {
  return [...unmistakable].some((name) => name.toLowerCase() === kind.toLowerCase());
}

function isOurs(kind: string): boolean {
  return [...decoders.keys()].some((name) => name.toLowerCase() === kind.toLowerCase());
}

function wrongVersion(apiVersion: string, kind: string): Reading {
  const message = `expected ${enumerate(apiVersions)} for the kind ${kind}, got ${show(apiVersion)}`;
  return report({ code: "api-version", path: ["apiVersion"], message, hint: `write apiVersion: ${apiVersions[0]}` });
}

function missingVersion(kind: string, apiVersion: unknown): Reading {
  const missing = apiVersion === undefined || apiVersion === null || apiVersion === "";
  const message = missing ? "apiVersion is missing" : "apiVersion is not a string";
  const code = isOurs(kind) ? "api-version" : "not-a-resource";
  return report({
    code,
    path: missing ? [] : ["apiVersion"],
    message,
    hint: isOurs(kind) ? `write apiVersion: ${apiVersions[0]}` : "every resource has an apiVersion and a kind",
  });
}

function missingKind(apiVersion: unknown): Reading {
  if (typeof apiVersion === "string" && apiVersion !== "" && !isSlip(apiVersion, "")) return { kind: "ignore", why: `${apiVersion} is not Calico's` };
  const what = apiVersion === undefined || apiVersion === null ? "apiVersion and kind are" : "kind is";
  return report({ code: "not-a-resource", message: `${what} missing`, hint: "every resource has an apiVersion and a kind" });
}

function report(issue: Issue): Reading {
  return { kind: "report", issue };
}
