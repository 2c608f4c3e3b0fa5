// A network of namespaces on this machine: the host (where this process and the code under test run) and as many peers as a test wants,
// cabled by veth pairs. Needs lab/enter.ts, which this file imports, so a lab can never be opened in the machine's own network.

import { setTimeout as sleep } from "node:timers/promises";
import { patienceMilliseconds } from "../patience.ts";
import { isInLab } from "./enter.ts";
import { Namespace } from "./namespace.ts";

/** One end of a cable. Addresses with their prefix length ("10.0.0.1/24", "fd00::1/64"); duplicate address detection is off. */
export interface CableEnd {
  readonly namespace: Namespace;
  readonly name: string;
  readonly addresses?: readonly string[];
}

/** Parameters of a fresh namespace, set before interfaces are made so that those inherit them. */
const quiet = {
  "net/ipv6/conf/all/accept_dad": 0,
  "net/ipv6/conf/default/accept_dad": 0,
  "net/ipv6/conf/default/router_solicitations": 0,
};

export class Lab {
  readonly host = new Namespace("host", true);
  readonly #peers: Namespace[] = [];

  async namespace(name: string): Promise<Namespace> {
    await this.host.ip(`netns add ${name}`);
    const namespace = new Namespace(name, false);
    this.#peers.push(namespace);
    await namespace.ip("link set lo up");
    await namespace.agent.sysctl(quiet);
    return namespace;
  }

  /** A veth pair with both ends up. */
  async cable(a: CableEnd, b: CableEnd): Promise<void> {
    // From the host a peer can be named, not the other way round.
    const [near, far] = b.namespace === this.host ? [b, a] : [a, b];
    await near.namespace.ip(`link add ${near.name} type veth peer name ${far.name} netns ${far.namespace.name}`);
    for (const { namespace, name, addresses = [] } of [a, b]) {
      await namespace.ip(...addresses.map((address) => `address add ${address} dev ${name}${address.includes(":") ? " nodad" : ""}`), `link set ${name} up`);
    }
    for (const end of [a, b]) await untilUp(end);
    for (const { namespace, name, addresses = [] } of [a, b])
      await untilLocal(
        namespace,
        addresses.map((address) => ({ address: address.replace(/\/.*/, ""), name })),
      );
  }

  /** Ends every process of the lab and removes its namespaces; interfaces at the host go with their other ends. */
  async close(): Promise<void> {
    await Promise.all([this.host, ...this.#peers].map((namespace) => namespace.close()));
    await this.host.ip(...this.#peers.map(({ name }) => `netns delete ${name}`));
    this.#peers.length = 0;
  }
}

/** The kernel tells of a carrier a little later (linkwatch), and IPv6 hears no neighbour solicitation before it. */
async function untilUp({ namespace, name }: CableEnd): Promise<void> {
  const end = performance.now() + patienceMilliseconds;
  while (performance.now() < end) {
    const [link] = JSON.parse(await namespace.must("ip", ["-json", "link", "show", "dev", name])) as readonly { readonly operstate: string }[];
    if (link?.operstate === "UP") return;
    await sleep(5);
  }
  throw new Error(`${name} in ${namespace.name} did not come up`);
}

/**
 * IPv6 addresses become this host's own a little later than they are added, also without duplicate address detection: a work queue makes the local route
 * (net/ipv6/addrconf.c, addrconf_dad_work). Until then a packet to one of them is forwarded.
 */
export async function untilLocal(namespace: Namespace, wanted: readonly { readonly address: string; readonly name: string }[]): Promise<void> {
  const missing = new Set(wanted.filter(({ address }) => address.includes(":")).map(({ address, name }) => `${address} of ${name}`));
  const end = performance.now() + patienceMilliseconds;
  while (missing.size > 0) {
    const routes = JSON.parse(await namespace.must("ip", ["-6", "-json", "route", "show", "table", "local"])) as readonly LocalRoute[];
    for (const { type, dst, dev } of routes) if (type === "local") missing.delete(`${dst} of ${dev}`);
    if (performance.now() > end) throw new Error(`${namespace.name} has no local route to ${[...missing].join(", ")}`);
  }
}

interface LocalRoute {
  readonly type: string;
  readonly dst: string;
  readonly dev: string;
}

export async function openLab(): Promise<Lab> {
  if (!isInLab()) throw new Error("a lab needs namespaces of its own: import lab/enter.ts first");
  const lab = new Lab();
  await lab.host.agent.sysctl(quiet);
  return lab;
}
