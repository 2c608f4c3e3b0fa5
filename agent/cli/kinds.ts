// The kinds that `hostward get` knows: what they may be called on the command line, as Calico's documents have it for calicoctl and kubectl
// (`hep`, `hostendpoints`, `hostendpoint.projectcalico.org`, `hostendpoints.p`), and which columns a table shows.

import type { ResourceDocument } from "../control/document.ts";

export interface Kind {
  readonly kind: ResourceDocument["kind"];
  /** Lower-case; singular, plural and short forms. */
  readonly names: readonly string[];
  readonly columns: readonly Column[];
}

export interface Column {
  readonly heading: string;
  /** Shown by `-o wide` only. */
  readonly wide?: true;
  value(document: ResourceDocument): string;
}

const name: Column = { heading: "NAME", value: ({ metadata }) => metadata.name };
const labels: Column = {
  heading: "LABELS",
  wide: true,
  value: ({ metadata }) =>
    Object.entries(metadata.labels ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join(","),
};

/** A field of the spec; lists are joined by commas. */
function field(heading: string, key: string, wide: { readonly wide?: true } = {}): Column {
  return { heading, ...wide, value: ({ spec }) => [spec[key] ?? ""].flat().join(",") };
}

function count(heading: string, key: string): Column {
  return { heading, wide: true, value: ({ spec }) => String([spec[key] ?? []].flat().length) };
}

const isWide = { wide: true } as const;

const ports: Column = {
  heading: "PORTS",
  wide: true,
  value: ({ spec }) =>
    ((spec["ports"] ?? []) as readonly { name: string; protocol: string; port: number }[])
      .map((port) => `${port.name}:${port.protocol}/${port.port}`)
      .join(","),
};

export const kinds: readonly Kind[] = [
  {
    kind: "HostEndpoint",
    names: ["hostendpoint", "hostendpoints", "hep", "heps"],
    columns: [
      name,
      field("NODE", "node"),
      field("INTERFACE", "interfaceName"),
      field("IPS", "expectedIPs", isWide),
      field("PROFILES", "profiles", isWide),
      ports,
      labels,
    ],
  },
  {
    kind: "GlobalNetworkPolicy",
    names: ["globalnetworkpolicy", "globalnetworkpolicies", "gnp", "gnps"],
    columns: [
      name,
      field("TIER", "tier"),
      field("ORDER", "order"),
      field("SELECTOR", "selector", isWide),
      field("TYPES", "types", isWide),
      count("INGRESS", "ingress"),
      count("EGRESS", "egress"),
    ],
  },
  { kind: "Profile", names: ["profile", "profiles", "pro", "pros"], columns: [name, count("INGRESS", "ingress"), count("EGRESS", "egress")] },
  { kind: "Tier", names: ["tier", "tiers"], columns: [name, field("ORDER", "order"), field("DEFAULTACTION", "defaultAction", isWide)] },
  { kind: "GlobalNetworkSet", names: ["globalnetworkset", "globalnetworksets", "gns", "netsets"], columns: [name, field("NETS", "nets", isWide), labels] },
];

/** API groups that kubectl lets one write after the kind, cut anywhere. */
const groups = ["projectcalico.org", "crd.projectcalico.org", "v3.projectcalico.org"];

/** The kind that somebody named, in any case; undefined when there is none of the name. */
export function findKind(given: string): Kind | undefined {
  const [word = "", ...rest] = given.toLowerCase().split(".");
  const group = rest.join(".");
  const isGroup = rest.length === 0 || (group !== "" && groups.some((known) => known.startsWith(group)));
  return isGroup ? kinds.find(({ names }) => names.includes(word)) : undefined;
}
