// The one door through which resources come in: an unknown value becomes a Resource with every default applied, or problems that say
// where and why, or it is none of hostward's business and says so. Knows nothing of files, YAML or the Kubernetes API.

import type { Issue } from "./cursor.ts";
import { Cursor, invalid } from "./cursor.ts";
import { enumerate, isMapping, show } from "./decoder.ts";
import { calicoVersions, findKind, type Kind, kinds, unenforcedKinds, unmistakable, unrelatedKinds } from "./kinds.ts";
import { isSubdomain } from "./names.ts";
import { nearest } from "./nearest.ts";
import type { Locate, Problem } from "./problem.ts";
import { defaultNamespace } from "./resource.ts";
import { resourceName } from "./resourceName.ts";
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
  const at = new Cursor(locate, certainName(value));
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

/** As in resourceName.ts; "" unless it could be read without doubt: a mistyped name is not the name of another resource. */
function certainName(value: unknown): string {
  if (!isMapping(value) || !isMapping(value["metadata"])) return "";
  const { apiVersion, kind: written } = value;
  const { name, namespace } = value["metadata"];
  if (typeof name !== "string" || !isSubdomain(name) || typeof written !== "string") return "";
  const kind = (typeof apiVersion === "string" ? findKind(apiVersion, written) : undefined) ?? kinds.find((candidate) => candidate.written === written);
  if (kind === undefined) return unenforcedKinds.has(written) ? `${written}/${name}` : "";
  if (kind.scope === "cluster") return resourceName(kind.kind, { namespace: "", name });
  const within = namespace ?? defaultNamespace;
  return typeof within === "string" && isSubdomain(within) ? resourceName(kind.kind, { namespace: within, name }) : "";
}

type Reading =
  | { readonly kind: "decode"; readonly decoder: Kind["decoder"] }
  | { readonly kind: "ignore"; readonly why: string }
  | { readonly kind: "report"; readonly issue: Issue };

function classify(value: unknown): Reading {
  if (!isMapping(value)) return report({ code: "not-a-resource", message: "expected a resource: a mapping with apiVersion and kind" });
  const { apiVersion, kind } = value;
  if (typeof kind !== "string" || kind === "") return missingKind(apiVersion);
  if (typeof apiVersion !== "string" || apiVersion === "") return missingVersion(kind, apiVersion);
  const known = findKind(apiVersion, kind);
  if (known !== undefined) return { kind: "decode", decoder: known.decoder };
  if (calicoVersions.includes(apiVersion)) return ofCalico(apiVersion, kind);
  if (apiVersion === "v1" && kind === "List")
    return report({ code: "not-a-resource", message: "this List is not read", hint: "its items must be resources, and none of them a List" });
  return isSlip(apiVersion, kind) ? wrongVersion(apiVersion, kind) : { kind: "ignore", why: `${apiVersion} is not Calico's` };
}

/** Of one of Calico's versions, and not decoded under it. */
function ofCalico(apiVersion: string, kind: string): Reading {
  if (kinds.some(({ written }) => written === kind)) return wrongVersion(apiVersion, kind);
  if (unrelatedKinds.includes(kind)) return { kind: "ignore", why: `${kind} says nothing about host endpoints` };
  const unenforced = unenforcedKinds.get(kind);
  if (unenforced !== undefined) {
    return report({ code: "not-enforced", severity: "warning", message: `${kind} is not enforced: ${unenforced.why}`, hint: unenforced.hint });
  }
  const ours = kinds.filter(({ apiVersions }) => apiVersions === calicoVersions).map(({ written }) => written);
  const meant = nearest(kind, [...ours, ...unenforcedKinds.keys(), ...unrelatedKinds]);
  const hint = meant === undefined ? `hostward reads ${enumerate(ours)}` : `did you mean ${meant}?`;
  return report({ code: "unknown-kind", path: ["kind"], message: `there is no kind ${show(kind)}`, hint });
}

/** Another group's document is ignored, unless it is likely that Calico's was meant. */
function isSlip(apiVersion: string, kind: string): boolean {
  const group = apiVersion.split("/", 1)[0] ?? "";
  const versions = [...calicoVersions, ...versionsOf(kind)];
  const ours = versions.some((version) => version.startsWith(`${group}/`)) || nearest(apiVersion, versions) !== undefined;
  return ours || isUnmistakable(kind) || (!apiVersion.includes("/") && isOurs(kind));
}

function isUnmistakable(kind: string): boolean {
  return [...unmistakable].some((name) => name.toLowerCase() === kind.toLowerCase());
}

function isOurs(kind: string): boolean {
  return versionsOf(kind).length > 0;
}

/** Under which a kind of this name is read, in any case of its letters. */
function versionsOf(kind: string): readonly string[] {
  return kinds.filter(({ written }) => written.toLowerCase() === kind.toLowerCase()).flatMap(({ apiVersions }) => apiVersions);
}

/** What to write. */
function recommended(kind: string): string {
  const versions = kinds.filter(({ written }) => written.toLowerCase() === kind.toLowerCase()).flatMap(({ apiVersions }) => apiVersions.slice(0, 1));
  return `write apiVersion: ${versions.length === 0 ? calicoVersions[0] : versions.join(" or ")}`;
}

function wrongVersion(apiVersion: string, kind: string): Reading {
  const versions = versionsOf(kind);
  const message = `expected ${enumerate(versions.length === 0 ? calicoVersions : versions)} for the kind ${kind}, got ${show(apiVersion)}`;
  return report({ code: "api-version", path: ["apiVersion"], message, hint: recommended(kind) });
}

function missingVersion(kind: string, apiVersion: unknown): Reading {
  const missing = apiVersion === undefined || apiVersion === null || apiVersion === "";
  const message = missing ? "apiVersion is missing" : "apiVersion is not a string";
  const code = isOurs(kind) ? "api-version" : "not-a-resource";
  return report({
    code,
    path: missing ? [] : ["apiVersion"],
    message,
    hint: isOurs(kind) ? recommended(kind) : "every resource has an apiVersion and a kind",
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
