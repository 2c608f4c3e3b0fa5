// The host of a case with its interfaces, each with a cable whose other end is in the namespace "wire". Nothing answers there: ARP is off,
// frames are written by hand and what arrives is not looked at. Packets come in by raw frames and go out by raw sockets.

import { formatAddress } from "../../rules/net/address.ts";
import type { Interface } from "../../rules/resolve/types.ts";
import type { RawFrame, RawPacket } from "../lab/agent.ts";
import { datagramBytes, frameBytes } from "../lab/datagram.ts";
import { type Lab, openLab, untilLocal } from "../lab/lab.ts";
import type { Namespace } from "../lab/namespace.ts";
import { ownMark } from "./observer.ts";
import type { Plan, Send } from "./plan.ts";

const hostMac = "020000000001";
const wireMac = "020000000002";
const loopbackMac = "000000000000";

const spelled = (mac: string) => mac.match(/../g)?.join(":") ?? mac;

const spareCables = 6;

/** Packets of every description must reach the hooks: no filter by source, local addresses from outside allowed, all forwarded. */
const router = {
  "net/ipv4/ip_forward": 1,
  "net/ipv4/conf/all/rp_filter": 0,
  "net/ipv4/conf/default/rp_filter": 0,
  "net/ipv4/conf/all/accept_local": 1,
  "net/ipv4/conf/all/route_localnet": 1,
  "net/ipv6/conf/all/forwarding": 1,
  "net/ipv6/conf/default/forwarding": 1,
};

export class Wire {
  readonly host: Namespace;
  readonly #lab: Lab;
  readonly #far: Namespace;
  /** In use. */
  #names: readonly string[] = [];
  /** All that there are, the latest used first. */
  #cables: readonly string[] = [];

  private constructor(lab: Lab, far: Namespace) {
    this.#lab = lab;
    this.host = lab.host;
    this.#far = far;
  }

  static async open(): Promise<Wire> {
    const lab = await openLab();
    await lab.host.agent.sysctl(router);
    return new Wire(lab, await lab.namespace("wire"));
  }

  close(): Promise<void> {
    return this.#lab.close();
  }

  /**
   * The host has these interfaces, all of them up, and default routes through each. Making and removing cables takes long: those that fit are kept,
   * and a few others stay without an address for the cases to come.
   */
  async arrange(interfaces: readonly Interface[]): Promise<void> {
    const names = interfaces.map(({ name }) => name).filter((name) => name !== "lo");
    const spare = this.#cables.filter((name) => !names.includes(name));
    const kept = spare.slice(0, spareCables);
    await this.host.ip(
      ...kept.filter((name) => this.#names.includes(name)).map((name) => `address flush dev ${name}`),
      ...spare.slice(spareCables).map((name) => `link delete dev ${name}`),
    );
    const fresh = names.filter((name) => !this.#cables.includes(name));
    await this.host.ip(
      ...fresh.flatMap((name) => [
        `link add name ${name} address ${spelled(hostMac)} type veth peer name ${name} address ${spelled(wireMac)} netns wire`,
        `link set dev ${name} arp off addrgenmode none`,
        `link set dev ${name} up`,
      ]),
    );
    await this.#far.ip(...fresh.flatMap((name) => [`link set dev ${name} arp off addrgenmode none`, `link set dev ${name} up`]));
    this.#names = names;
    this.#cables = [...names, ...kept];
    await this.#address(interfaces);
  }

  async #address(interfaces: readonly Interface[]): Promise<void> {
    const lines = this.#names.flatMap((name, index) => {
      const { addresses = [] } = interfaces.find((item) => item.name === name) ?? {};
      return [
        `address flush dev ${name}`,
        ...addresses.map((address) => `address add ${formatAddress(address)} dev ${name}${address.family === 6 ? " nodad" : ""}`),
        `route replace 0.0.0.0/0 dev ${name} metric ${index + 100}`,
        `route replace ::/0 dev ${name} metric ${index + 100}`,
      ];
    });
    await this.host.ip(...lines);
    const named = interfaces.filter(({ name }) => this.#names.includes(name));
    await untilLocal(
      this.host,
      named.flatMap(({ name, addresses }) => addresses.map((address) => ({ address: formatAddress(address), name }))),
    );
  }

  async route(plans: readonly Plan[]): Promise<void> {
    const routes = plans.flatMap((plan) => plan.routes);
    await this.host.ip(...routes.map(({ destination, device }) => `route replace ${formatAddress(destination)} dev ${device}`));
  }

  /** Sends one after the other; neighbours with the same sender in one request. */
  async send(sends: readonly Send[]): Promise<void> {
    let next = 0;
    while (next < sends.length) {
      const sender = senderOf(sends[next]);
      const end = sends.findIndex((send, index) => index > next && senderOf(send) !== sender);
      const run = sends.slice(next, end < 0 ? undefined : end);
      next += run.length;
      if (sender === "host") await this.host.agent.emit(run.map(packetOf));
      else await (sender === "loopback" ? this.host : this.#far).agent.inject(run.map(frameOf));
    }
  }
}

function senderOf(send: Send | undefined): "host" | "loopback" | "wire" {
  if (send?.entry.kind !== "wire") return "host";
  return send.entry.interface === "lo" ? "loopback" : "wire";
}

function packetOf({ entry, datagram }: Send): RawPacket {
  const device = entry.kind === "host" && entry.device !== undefined ? { device: entry.device } : {};
  return { bytes: datagramBytes(datagram).toString("hex"), destination: formatAddress(datagram.destination), mark: ownMark, ...device };
}

function frameOf({ entry, datagram }: Send): RawFrame {
  const name = entry.kind === "wire" ? entry.interface : "";
  const macs = name === "lo" ? { to: loopbackMac, from: loopbackMac } : { to: hostMac, from: wireMac };
  return { bytes: frameBytes(datagram, macs).toString("hex"), interface: name };
}
