// What became of every local HostEndpoint, in words an operator can act on (semantics H18): which interfaces it governs, whether
// they run, where another endpoint shadows it, and if it governs nothing, why.

import type { HostEndpoint } from "../model/types.ts";
import { formatAddress } from "../net/address.ts";
import type { Address } from "../net/types.ts";
import { addressKey, type Governors, type Shadow } from "./governors.ts";
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

/** One status for each local endpoint, sorted by name. */
export function endpointStatuses(endpoints: readonly HostEndpoint[], host: HostView): EndpointStatus[] {
  const running = new Map(host.interfaces.map((link) => [link.name, link.up]));
  const sorted = endpoints.toSorted((a, b) => compareBytes(a.metadata.name, b.metadata.name));
  return sorted.map((endpoint) => endpointStatus(endpoint, host, running));
}

function endpointStatus(endpoint: HostEndpoint, host: HostView, running: ReadonlyMap<string, boolean>): EndpointStatus {
  const { governors } = host;
  const { name } = endpoint.metadata;
  const shadowed = governors.shadowed.get(endpoint) ?? [];
  if (endpoint === governors.wildcard) return { name, state: "up", interfaces: wildcardInterfaces(host), wildcard: true, shadowed };
  const interfaces = governors.interfacesOf.get(endpoint) ?? [];
  const governed = { name, interfaces, wildcard: false, shadowed };
  if (interfaces.length === 0) return { ...governed, state: "error", reason: whyNothing(endpoint, shadowed, host) };
  const notRunning = interfaces.filter((link) => running.get(link) !== true);
  if (notRunning.length === 0) return { ...governed, state: "up" };
  return { ...governed, state: "down", reason: `${enumerate(notRunning)} ${notRunning.length === 1 ? "is" : "are"} not running` };
}

/** The interfaces whose normal traffic the wildcard judges now: no endpoint of their own, no workload, not the exempt loopback. */
function wildcardInterfaces({ interfaces, governors, settings }: HostView): string[] {
  const names = interfaces.map((link) => link.name).filter((name) => !governors.named.has(name) && !isWorkloadInterface(name, settings));
  return names.filter((name) => settings.policeLoopback || name !== "lo").sort(compareBytes);
}

function whyNothing(endpoint: HostEndpoint, shadowed: readonly Shadow[], host: HostView): string {
  if (shadowed.length > 0) return shadowed.map((shadow) => `${shadow.interface} is governed by '${shadow.by}', which sorts first`).join("; ");
  if (endpoint.target.kind === "name") return whyNoInterface(endpoint.target.interfaceName, host);
  return whyNoAddress(endpoint.expectedIPs, host);
}

function whyNoInterface(name: string, { candidates, interfaces }: HostView): string {
  const refused = candidates.refused.get(name);
  if (refused !== undefined) return `${name} ${refused}, which no HostEndpoint can govern by name`;
  const present = interfaces.map((link) => link.name).sort(compareBytes);
  return `no interface named ${name} on this host; ${present.length === 0 ? "it has none" : `it has ${enumerate(present)}`}`;
}

function whyNoAddress(expected: readonly Address[], { candidates, interfaces }: HostView): string {
  const wanted = new Set(expected.map(addressKey));
  const holders = interfaces.filter((link) => link.addresses.some((address) => wanted.has(addressKey(address))));
  const refusals = holders.map((link) => `${link.name} ${candidates.refused.get(link.name) ?? ""}`).sort(compareBytes);
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
