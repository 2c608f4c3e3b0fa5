// The kinds that `hostward get` knows: what they may be called on the command line, as Calico's documents have it for calicoctl and kubectl
// (`hep`, `hostendpoints`, `hostendpoint.projectcalico.org`, `hostendpoints.p`), and which columns a table shows.

import type { Resource } from "../../rules/model/types.ts";
import { type ResourceDocument, writtenKind } from "../control/document.ts";

export interface Kind {
  readonly kind: Resource["kind"];
  /** Lower-case; singular, plural and short forms. */
  readonly names: readonly string[];
  /** API groups that kubectl lets one write after the kind, cut anywhere; Calico's unless told. */
  readonly groups?: readonly string[];
  readonly columns: readonly Column[];
}

export interface Column {
  readonly heading: string;
  /** Shown by `-o wide` only. */
  readonly wide?: true;
  value(document: ResourceDocument): string;
}

const namespace: Column = { heading: "NAMESPACE", value: ({ metadata }) => metadata.namespace ?? "" };
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
function field(heading: string, key: string, { absent = "", ...wide }: { readonly wide?: true; readonly absent?: string } = {}): Column {
  return { heading, ...wide, value: ({ spec }) => [spec[key] ?? absent].flat().join(",") };
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

/** Kubernetes' LabelSelector in short, as kubectl shows it. */
const podSelector: Column = {
  heading: "POD-SELECTOR",
  value: ({ spec }) => {
    const { matchLabels = {}, matchExpressions = [] } = (spec["podSelector"] ?? {}) as LabelSelector;
    const equalities = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
    const others = matchExpressions.map(({ key, operator, values = [] }) =>
      values.length === 0 ? `${key} ${operator}` : `${key} ${operator} (${values.join()})`,
    );
    return [...equalities, ...others].join(",");
  },
};

interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[];
}

const endpointsOfService: readonly Column[] = [
  { heading: "SERVICE", value: ({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] ?? "" },
  { heading: "ENDPOINTS", value: ({ endpoints = [] }) => endpoints.flatMap(({ addresses }) => addresses).join(",") },
  { heading: "PORTS", value: ({ ports = [] }) => ports.map(({ protocol, port }) => `${protocol}/${port}`).join(",") },
];

const policyColumns: readonly Column[] = [
  field("TIER", "tier", { absent: "default" }),
  field("ORDER", "order"),
  field("SELECTOR", "selector", isWide),
  field("TYPES", "types", isWide),
  count("INGRESS", "ingress"),
  count("EGRESS", "egress"),
];

const stagedAction = field("ACTION", "stagedAction", { absent: "Set" });

/** Of two kinds with one name the first is meant, unless a group says otherwise. */
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
    columns: [name, ...policyColumns],
  },
  { kind: "Profile", names: ["profile", "profiles", "pro", "pros"], columns: [name, count("INGRESS", "ingress"), count("EGRESS", "egress")] },
  { kind: "Tier", names: ["tier", "tiers"], columns: [name, field("ORDER", "order"), field("DEFAULTACTION", "defaultAction", isWide)] },
  { kind: "GlobalNetworkSet", names: ["globalnetworkset", "globalnetworksets", "gns"], columns: [name, field("NETS", "nets", isWide), labels] },
  { kind: "NetworkSet", names: ["networkset", "networksets", "netsets"], columns: [namespace, name, field("NETS", "nets", isWide), labels] },
  {
    kind: "StagedGlobalNetworkPolicy",
    names: ["stagedglobalnetworkpolicy", "stagedglobalnetworkpolicies", "sgnp"],
    columns: [name, stagedAction, ...policyColumns],
  },
  { kind: "NetworkPolicy", names: ["networkpolicy", "networkpolicies", "np", "caliconetworkpolicy"], columns: [namespace, name, ...policyColumns] },
  {
    kind: "StagedNetworkPolicy",
    names: ["stagednetworkpolicy", "stagednetworkpolicies", "snp"],
    columns: [namespace, name, stagedAction, ...policyColumns],
  },
  {
    kind: "KubernetesNetworkPolicy",
    names: ["kubernetesnetworkpolicy", "kubernetesnetworkpolicies", "knp", "netpol", "networkpolicy", "networkpolicies"],
    groups: ["networking.k8s.io", "v1.networking.k8s.io"],
    columns: [namespace, name, podSelector, field("TYPES", "policyTypes", isWide), count("INGRESS", "ingress"), count("EGRESS", "egress")],
  },
  {
    kind: "StagedKubernetesNetworkPolicy",
    names: ["stagedkubernetesnetworkpolicy", "stagedkubernetesnetworkpolicies", "sknp"],
    columns: [namespace, name, stagedAction, podSelector, field("TYPES", "policyTypes", isWide), count("INGRESS", "ingress"), count("EGRESS", "egress")],
  },
  {
    kind: "EndpointSlice",
    names: ["endpointslice", "endpointslices"],
    groups: ["discovery.k8s.io", "v1.discovery.k8s.io"],
    columns: [namespace, name, ...endpointsOfService],
  },
];

/** Calico's API groups. */
const calicoGroups = ["projectcalico.org", "crd.projectcalico.org", "v3.projectcalico.org"];

/** The kind that somebody named, in any case; undefined when there is none of the name. */
export function findKind(given: string): Kind | undefined {
  const [word = "", ...rest] = given.toLowerCase().split(".");
  const group = rest.join(".");
  return kinds.find(({ names, groups = calicoGroups }) => {
    const isGroup = rest.length === 0 || (group !== "" && groups.some((known) => known.startsWith(group)));
    return isGroup && names.includes(word);
  });
}

/** Whether the document is a resource of the kind. */
export function isOfKind({ kind }: Kind, document: ResourceDocument): boolean {
  const written = writtenKind(kind);
  return document.kind === written.kind && document.apiVersion === written.apiVersion;
}
