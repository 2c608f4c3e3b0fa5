// What a set of members is the set of, and the id that says so in words (semantics S36, M22, M24, M42). No members are in here.

import type { ServiceReference } from "../model/types.ts";
import { protocolName } from "../net/protocol.ts";
import type { Selector } from "../selector/ast.ts";
import { all } from "../selector/build.ts";
import { printSelector } from "../selector/print.ts";
import type { PortQuestion } from "./packing.ts";

/** Of whom: the peers that a selector matches, the slices of a service, or those that tunnels lead to. With `ports` their ports, else their addresses. */
export type Definition =
  | { readonly id: string; readonly kind: "selector"; readonly selector: Selector; readonly ports: PortQuestion | undefined }
  | { readonly id: string; readonly kind: "service"; readonly service: string; readonly ports: PortQuestion | undefined }
  | { readonly id: string; readonly kind: "tunnels"; readonly ports: undefined };

export const tunnelDefinition: Definition = { id: "tunnel peers", kind: "tunnels", ports: undefined };

export function addressDefinition(selector: Selector): Definition {
  return { id: printSelector(selector), kind: "selector", selector, ports: undefined };
}

/** Ports of these names of the peers that the selector matches, of all without one; any protocol when it is undefined (M23). */
export function namedPortDefinition(names: readonly string[], selector: Selector = all, protocol?: number): Definition {
  const sorted = [...new Set(names)].sort();
  const id = `ports ${sorted.join(", ")}${ofProtocol(protocol)} of ${printSelector(selector)}`;
  return { id, kind: "selector", selector, ports: { names: sorted, protocol } };
}

/** The addresses of its endpoints: a service as a source. No selector reads so: a label is not followed by another. */
export function serviceAddressDefinition(service: ServiceReference): Definition {
  return { id: `service ${serviceName(service)}`, kind: "service", service: serviceName(service), ports: undefined };
}

/** Its endpoints with their ports, of that protocol only if one is given: a service as a destination. */
export function servicePortDefinition(service: ServiceReference, protocol: number | undefined): Definition {
  const id = `ports${ofProtocol(protocol)} of service ${serviceName(service)}`;
  return { id, kind: "service", service: serviceName(service), ports: { names: undefined, protocol } };
}

export function serviceName({ namespace, name }: ServiceReference): string {
  return `${namespace}/${name}`;
}

function ofProtocol(protocol: number | undefined): string {
  return protocol === undefined ? "" : ` (${protocolName(protocol)})`;
}
