// What a rule's `services` stand for (semantics M42): the endpoints in the EndpointSlices of the service, ready or not. Never its cluster
// address: where a packet is judged it has been translated already.

import type { EndpointSlice, ServiceReference } from "../model/types.ts";
import type { AddressSets } from "./addressSets.ts";
import { uniqueMembers } from "./portMembers.ts";
import type { PortMember } from "./types.ts";

export interface Services {
  /** The id of the set of the endpoints' addresses: a service as a source. */
  addressSet(service: ServiceReference): string;
  /** The endpoints with their ports, of that protocol only if one is given: a service as a destination. Equal questions get the same array. */
  ports(service: ServiceReference, protocol: number | undefined): readonly PortMember[];
}

export function createServices(slices: readonly EndpointSlice[], sets: AddressSets): Services {
  const byService = Map.groupBy(slices, ({ metadata, service }) =>
    service === undefined ? undefined : nameOf({ namespace: metadata.namespace, name: service }),
  );
  const slicesOf = (service: ServiceReference) => byService.get(nameOf(service)) ?? [];
  const members = new Map<string, readonly PortMember[]>();
  return {
    addressSet: (service) => sets.add(serviceSetId(service), () => slicesOf(service).map(({ addresses }) => ({ nets: [], addresses }))),
    ports(service, protocol) {
      const key = `${nameOf(service)} ${protocol ?? "any"}`;
      const found = members.get(key) ?? uniqueMembers(slicesOf(service).map((slice) => ofProtocol(slice, protocol)));
      members.set(key, found);
      return found;
    },
  };
}

/** No selector reads so: a label is not followed by another. */
export function serviceSetId(service: ServiceReference): string {
  return `service ${nameOf(service)}`;
}

function nameOf({ namespace, name }: ServiceReference): string {
  return `${namespace}/${name}`;
}

function ofProtocol({ addresses, ports }: EndpointSlice, protocol: number | undefined) {
  return { addresses, ports: ports.filter((port) => protocol === undefined || port.protocol === protocol) };
}
