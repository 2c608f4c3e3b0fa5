// What became of every local HostEndpoint, in words an operator can act on (semantics H18): which interfaces it governs, whether
// they run, where another endpoint shadows it, and if it governs nothing, why.

import { share } from "../model/share.ts";
import type { HostEndpoint } from "../model/types.ts";
import { formatAddress } from "../net/address.ts";
import { sameList } from "../net/listChanges.ts";
import type { Address } from "../net/types.ts";
import { type AddressKey, addressKey, type Governors, type Shadow } from "./governors.ts";
import { type Candidates, isWorkloadInterface } from "./interfaces.ts";
import { compareBytes } from "./order.ts";
import type { EndpointStatus, Interface, PolicySettings } from "./types.ts";

/** The host as the reasons describe it. */
export interface HostView {
  readonly interfaces: readonly Interface[];
  readonly candidates: Candidates;
  readonly governors: Governors;
  readonly settings: PolicySettings;
}

/** What the reasons of many endpoints ask for, worked out when the first does. */
interface Search {
  readonly isRunning: (name: string) => boolean;
  readonly present: () => string;
  readonly holders: (address: Address) => readonly Interface[];
}

/** One status for each endpoint, in their order. `last` are those of the same endpoints' names before: what is equal is kept. */
export function endpointStatuses(endpoints: readonly HostEndpoint[], host: HostView, last: readonly EndpointStatus[] = []): readonly EndpointStatus[] {
  const search = searchOf(host);
  let byName: ReadonlyMap<string, EndpointStatus> | undefined;
  const before = (name: string, at: number): EndpointStatus | undefined => {
    if (last[at]?.name === name) return last[at];
    byName ??= new Map(last.map((status) => [status.name, status]));
    return byName.get(name);
  };
  const next = endpoints.map((endpoint, at) => {
    const known = before(endpoint.metadata.name, at);
    return known !== undefined && isStillUp(known, endpoint, { host, search }) ? known : share(known, endpointStatus(endpoint, host, search));
  });
  return sameList(last, next);
}

/** What holds of most when an interface comes or goes: it governs what it did, alone, and all that runs. */
function isStillUp(known: EndpointStatus, endpoint: HostEndpoint, { host: { governors }, search }: Looked): boolean {
  if (known.state !== "up" || known.wildcard || known.shadowed.length > 0 || governors.shadowed.has(endpoint) || endpoint === governors.wildcard) return false;
  const interfaces = governors.interfacesOf.get(endpoint);
  return interfaces !== undefined && sameList(known.interfaces, interfaces) === known.interfaces && interfaces.every(search.isRunning);
}

function searchOf({ interfaces }: HostView): Search {
  const running = new Set(interfaces.filter(({ up }) => up).map(({ name }) => name));
  let present: string | undefined;
  let holders: ReadonlyMap<AddressKey, readonly Interface[]> | undefined;
  return {
    isRunning: (name) => running.has(name),
    present() {
      present ??= interfaces.length === 0 ? "it has none" : `it has ${enumerate(interfaces.map((link) => link.name).sort(compareBytes))}`;
      return present;
    },
    holders(address) {
      holders ??= holdersOf(interfaces);
      return holders.get(addressKey(address)) ?? [];
    },
  };
}

function holdersOf(interfaces: readonly Interface[]): ReadonlyMap<AddressKey, readonly Interface[]> {
  const held = interfaces.flatMap((link) => link.addresses.map((address) => ({ key: addressKey(address), link })));
  return new Map([...Map.groupBy(held, ({ key }) => key)].map(([key, holders]) => [key, holders.map(({ link }) => link)]));
}

function endpointStatus(endpoint: HostEndpoint, host: HostView, search: Search): EndpointStatus {
  const { governors } = host;
  const { name } = endpoint.metadata;
  const shadowed = governors.shadowed.get(endpoint) ?? [];
  if (endpoint === governors.wildcard) return { name, state: "up", interfaces: wildcardInterfaces(host), wildcard: true, shadowed };
  const interfaces = governors.interfacesOf.get(endpoint) ?? [];
  const governed = { name, interfaces, wildcard: false, shadowed };
  if (interfaces.length === 0) return { ...governed, state: "error", reason: whyNothing(endpoint, shadowed, { host, search }) };
  const notRunning = interfaces.filter((link) => !search.isRunning(link));
  if (notRunning.length === 0) return { ...governed, state: "up" };
  return { ...governed, state: "down", reason: `${enumerate(notRunning)} ${notRunning.length === 1 ? "is" : "are"} not running` };
}

/** The interfaces whose normal traffic the wildcard judges now: no endpoint of their own, no workload, not the exempt loopback. */
function wildcardInterfaces({ interfaces, governors, settings }: HostView): string[] {
  const names = interfaces.map((link) => link.name).filter((name) => !governors.named.has(name) && !isWorkloadInterface(name, settings));
  return names.filter((name) => settings.policeLoopback || name !== "lo").sort(compareBytes);
}

interface Looked {
  readonly host: HostView;
  readonly search: Search;
}

function whyNothing(endpoint: HostEndpoint, shadowed: readonly Shadow[], looked: Looked): string {
  if (shadowed.length > 0) return shadowed.map((shadow) => `${shadow.interface} is governed by '${shadow.by}', which sorts first`).join("; ");
  if (endpoint.target.kind === "name") return whyNoInterface(endpoint.target.interfaceName, looked);
  return whyNoAddress(endpoint.expectedIPs, looked);
}

function whyNoInterface(name: string, { host, search }: Looked): string {
  const refused = host.candidates.refused.get(name);
  if (refused !== undefined) return `${name} ${refused}, which no HostEndpoint can govern by name`;
  return `no interface named ${name} on this host; ${search.present()}`;
}

function whyNoAddress(expected: readonly Address[], { host, search }: Looked): string {
  const holders = new Set(expected.flatMap((address) => search.holders(address)));
  const refusals = Array.from(holders, (link) => `${link.name} ${host.candidates.refused.get(link.name) ?? ""}`).sort(compareBytes);
  if (refusals.length > 0) return `expected addresses found only where no HostEndpoint can govern by address: ${enumerate(refusals)}`;
  const addresses = enumerate(expected.map(formatAddress));
  return expected.length === 1 ? `expected address ${addresses} found on no interface` : `expected addresses ${addresses} found on no interface`;
}

/** A host may have a thousand interfaces: the first few and how many more. */
function enumerate(names: readonly string[]): string {
  const shown = 8;
  const more = names.length - shown;
  return more > 0 ? `${names.slice(0, shown).join(", ")} and ${more} more` : names.join(", ");
}
