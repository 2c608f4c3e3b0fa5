// A HostEndpoint that does not govern an interface it is meant for, because another one sorts before it there (semantics H8, H11): its policies
// and profiles say nothing about that traffic.

import type { Problem } from "../model/problem.ts";
import type { HostEndpoint } from "../model/types.ts";
import { formatAddress } from "../net/address.ts";
import { findGovernors } from "../resolve/governors.ts";
import type { Interface } from "../resolve/types.ts";
import { about, type World } from "./world.ts";

export function shadowedEndpoint(world: World): Problem[] {
  const shadows = world.input.resolved === undefined ? onAnyHost(world) : onThisHost(world);
  return [...shadows].map(([endpoint, where]) => {
    const texts = where.map(({ interface: name, by }) => `${name === "*" ? "as wildcard" : `on ${name}`} by HostEndpoint '${by}'`);
    const message = `is shadowed ${texts.join(", ")}, whose name sorts first: its policies and profiles have no effect there`;
    return about(endpoint, { code: "endpoint-shadowed", field: "spec", message, hint: "remove one of them, or rename the one that shall govern" });
  });
}

type Shadows = ReadonlyMap<HostEndpoint, readonly { readonly interface: string; readonly by: string }[]>;

function onThisHost({ localEndpoints, input: { resolved } }: World): Shadows {
  const statuses = new Map(resolved?.statuses.map((status) => [status.name, status.shadowed]));
  return new Map(localEndpoints.map((endpoint) => [endpoint, statuses.get(endpoint.metadata.name) ?? []] as const).filter(([, where]) => where.length > 0));
}

/** What must be so wherever the interfaces and addresses that the endpoints name exist: each is given an interface of its own. */
function onAnyHost({ localEndpoints }: World): Shadows {
  const nodes = Map.groupBy(localEndpoints, ({ node }) => node);
  return new Map([...nodes.values()].flatMap((endpoints) => [...findGovernors(endpoints, links(endpoints)).shadowed]));
}

function links(endpoints: readonly HostEndpoint[]): Interface[] {
  return [...new Map(endpoints.flatMap(imagined).map((link) => [link.name, link])).values()];
}

function imagined({ target, expectedIPs }: HostEndpoint): Interface[] {
  if (target.kind === "name") return [{ name: target.interfaceName, addresses: [], up: true }];
  if (target.kind === "wildcard") return [];
  return expectedIPs.map((address) => ({ name: `the interface with ${formatAddress(address)}`, addresses: [address], up: true }));
}
