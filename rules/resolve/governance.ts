// Who governs what on this host, kept as endpoints and interfaces change: the local HostEndpoints made ready once, their governors and statuses
// worked out again only when an endpoint, an interface or a setting that they depend on has changed.

import type { HostEndpoint, Resource } from "../model/types.ts";
import { type ListChanges, sameList } from "../net/listChanges.ts";
import { createGovernorFinder, type GovernorFinder, type Governors } from "./governors.ts";
import { candidates } from "./interfaces.ts";
import { endpointStatuses } from "./status.ts";
import type { EndpointStatus, PolicySettings, ResolvedEndpoint, ResolveInput } from "./types.ts";

/** Both are the same objects as before while nothing changed. */
export interface Governed {
  /** Endpoints that govern something, sorted by name; the policies of others have no effect. */
  readonly endpoints: ReadonlyMap<HostEndpoint, ResolvedEndpoint["governs"]>;
  readonly statuses: readonly EndpointStatus[];
}

type HostInput = Pick<ResolveInput, "interfaces" | "settings">;

export class Governance {
  readonly #node: string;
  readonly #local = new Set<HostEndpoint>();
  #finder: GovernorFinder = createGovernorFinder([]);
  #input: HostInput | undefined;
  #governed: Governed = { endpoints: new Map(), statuses: [] };

  constructor(node: string) {
    this.#node = node;
  }

  update({ removed, added }: ListChanges<Resource>, input: HostInput): Governed {
    const isLocal = (resource: Resource): resource is HostEndpoint => resource.kind === "HostEndpoint" && resource.node === this.#node;
    const [gone, come] = [removed.filter(isLocal), added.filter(isLocal)];
    for (const endpoint of gone) this.#local.delete(endpoint);
    for (const endpoint of come) this.#local.add(endpoint);
    const sameEndpoints = gone.length === 0 && come.length === 0;
    if (sameEndpoints && this.#input !== undefined && isSameHost(this.#input, input)) return this.#governed;
    if (!sameEndpoints) this.#finder = createGovernorFinder([...this.#local]);
    this.#input = input;
    this.#governed = this.#look(input);
    return this.#governed;
  }

  #look({ interfaces, settings }: HostInput): Governed {
    const last = this.#governed;
    const eligible = candidates(interfaces, settings);
    const governors = this.#finder.find(eligible.interfaces);
    const statuses = endpointStatuses(this.#finder.endpoints, { interfaces, candidates: eligible, governors, settings }, last.statuses);
    const governing = this.#finder.endpoints.filter((endpoint) => endpoint === governors.wildcard || governors.interfacesOf.has(endpoint));
    const endpoints = new Map(governing.map((endpoint) => [endpoint, keptGoverns(last.endpoints.get(endpoint), endpoint, governors)]));
    const isSame = endpoints.size === last.endpoints.size && governing.every((endpoint) => last.endpoints.get(endpoint) === endpoints.get(endpoint));
    if (isSame && statuses === last.statuses) return last;
    return { endpoints: isSame ? last.endpoints : endpoints, statuses };
  }
}

function isSameHost(a: HostInput, b: HostInput): boolean {
  return sameSettings(a.settings, b.settings) && sameList(a.interfaces, b.interfaces) === a.interfaces;
}

/** Unchanged settings, and unchanged parts of them, are the same objects. */
function sameSettings(a: PolicySettings, b: PolicySettings): boolean {
  return a.interfacePrefix === b.interfacePrefix && a.interfaceExclude === b.interfaceExclude && a.policeLoopback === b.policeLoopback;
}

function keptGoverns(
  last: ResolvedEndpoint["governs"] | undefined,
  endpoint: HostEndpoint,
  { interfacesOf, wildcard }: Governors,
): ResolvedEndpoint["governs"] {
  if (endpoint === wildcard) return last?.kind === "wildcard" ? last : { kind: "wildcard" };
  const names = interfacesOf.get(endpoint) ?? [];
  return last?.kind === "interfaces" && sameList(last.names, names) === last.names ? last : { kind: "interfaces", names };
}
