// The lab of most kernel tests: this host and a peer, with one cable between them that both call eth0. Knows nothing of what is tried there.

import { after } from "node:test";
import { type Lab, openLab } from "./lab.ts";
import type { Namespace } from "./namespace.ts";
import { twin } from "./twin.ts";

export interface Pair {
  readonly lab: Lab;
  readonly peer: Namespace;
}

/** Of the two ends, IPv4, in one /24. Each end has the twin of its address, too. */
export interface PairAddresses {
  readonly host: string;
  readonly peer: string;
}

/** To be awaited at the top of a test file: the lab closes after its last test. For the host everybody who is not near is behind the peer. */
export async function openPair({ host, peer: far }: PairAddresses): Promise<Pair> {
  const lab = await openLab();
  after(() => lab.close());
  const peer = await lab.namespace("peer");
  const addresses = (address: string) => [`${address}/24`, twin(`${address}/24`)];
  await lab.cable({ namespace: lab.host, name: "eth0", addresses: addresses(host) }, { namespace: peer, name: "eth0", addresses: addresses(far) });
  await lab.host.ip(`route add default via ${far}`, `route add ::/0 via ${twin(far)}`);
  return { lab, peer };
}
