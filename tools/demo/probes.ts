// The two hosts of the demo, their servers and what is tried between them. A probe is a real connection, datagram or echo with an answer.

import type { Agent, Outcome } from "../../test/lab/agent.ts";
import type { Lab } from "../../test/lab/lab.ts";
import type { Namespace } from "../../test/lab/namespace.ts";
import type { Expectation, ProbeKey } from "./steps.ts";

export interface Network {
  readonly lab: Lab;
  readonly client: Namespace;
}

const host = "10.0.0.1";
const host6 = "fd00::1";
const client = "10.0.0.2";
const stranger = "10.0.0.3";

/** The host with eth0 and its servers, and a client at the other end of the cable with two addresses and servers of its own. */
export async function buildNetwork(lab: Lab): Promise<Network> {
  const peer = await lab.namespace("client");
  await lab.cable(
    { namespace: lab.host, name: "eth0", addresses: [`${host}/24`, `${host6}/64`] },
    { namespace: peer, name: "eth0", addresses: [`${client}/24`, `${stranger}/24`, "fd00::2/64"] },
  );
  for (const port of [22, 80, 8080]) {
    await lab.host.agent.listen("tcp", host, port);
    await lab.host.agent.listen("tcp", host6, port);
  }
  await lab.host.agent.listen("udp", host, 9125);
  await peer.agent.listen("tcp", client, 443);
  await peer.agent.listen("udp", client, 53);
  await peer.agent.open("session", { address: host, port: 8080 });
  return { lab, client: peer };
}

interface Probe {
  readonly label: string;
  readonly from: "host" | "client";
  readonly run: (agent: Agent) => Promise<Outcome>;
}

/** Long enough for a cable inside one machine. */
const timeout = 0.4;

const tcp = (address: string, port: number, source?: string) => (agent: Agent) => {
  return agent.probe({ protocol: "tcp", address, port, timeout, ...(source === undefined ? {} : { source: { address: source } }) });
};
const udp = (address: string, port: number) => (agent: Agent) => agent.probe({ protocol: "udp", address, port, timeout });

const probes: Readonly<Record<ProbeKey, Probe>> = {
  ssh: { label: "client -> host   tcp 22    failsafe port", from: "client", run: tcp(host, 22) },
  ssh6: { label: "client -> host   tcp 22    over IPv6", from: "client", run: tcp(host6, 22) },
  web: { label: "client -> host   tcp 80", from: "client", run: tcp(host, 80) },
  web6: { label: "client -> host   tcp 80    over IPv6", from: "client", run: tcp(host6, 80) },
  webStranger: { label: "client -> host   tcp 80    from 10.0.0.3, which has no label", from: "client", run: tcp(host, 80, stranger) },
  admin: { label: "client -> host   tcp 8080", from: "client", run: tcp(host, 8080) },
  metrics: { label: "client -> host   udp 9125", from: "client", run: udp(host, 9125) },
  ping: { label: "client -> host   ping", from: "client", run: (agent) => agent.ping(host, { timeout }) },
  out: { label: "host   -> client tcp 443", from: "host", run: tcp(client, 443) },
  dns: { label: "host   -> client udp 53    failsafe port", from: "host", run: udp(client, 53) },
  session: { label: "client -> host   tcp 8080  established before the first step", from: "client", run: (agent) => agent.exchange("session", timeout) },
};

export interface Row {
  readonly label: string;
  readonly expected: Expectation;
  readonly seen: string;
  readonly ok: boolean;
}

/** No answer, or not even allowed to send: both are a drop. Anything else has the word of the outcome. */
function seenAs(outcome: Outcome): string {
  return outcome === "timeout" || outcome === "denied" ? "dropped" : outcome;
}

/** All probes at once. */
export function probeAll({ lab, client: peer }: Network, expected: Readonly<Record<ProbeKey, Expectation>>): Promise<readonly Row[]> {
  return Promise.all(
    Object.entries(probes).map(async ([key, { label, from, run }]): Promise<Row> => {
      const expectation = expected[key as ProbeKey];
      const seen = seenAs(await run(from === "host" ? lab.host.agent : peer.agent));
      return { label, expected: expectation, seen, ok: seen === expectation };
    }),
  );
}
