// The lab of the tests that change a host under load: it forwards between a peer, behind which is everybody else, and one that is behind itself.

import type { Lab } from "../../lab/lab.ts";
import { openPair } from "../../lab/pair.ts";
import { twin } from "../../lab/twin.ts";
import { host, inner, member, type Senders } from "./flows.ts";

const hostInside = "10.1.0.1";
const inside = "10.1.0.0/24";

/** To be awaited at the top of a test file, as openPair. */
export async function openRouter(): Promise<{ readonly lab: Lab; readonly senders: Senders }> {
  const { lab, peer } = await openPair({ host, peer: member });
  const behind = await lab.namespace("inner");
  const addresses = (address: string) => [`${address}/24`, twin(`${address}/24`)];
  await lab.cable({ namespace: lab.host, name: "eth2", addresses: addresses(hostInside) }, { namespace: behind, name: "eth0", addresses: addresses(inner) });
  await lab.host.agent.sysctl({ "net/ipv4/ip_forward": 1, "net/ipv6/conf/all/forwarding": 1 });
  await behind.ip(`route add default via ${hostInside}`, `route add ::/0 via ${twin(hostInside)}`);
  await peer.ip(`route add ${inside} via ${host}`, `route add ${twin(inside)} via ${twin(host)}`);
  return { lab, senders: { host: lab.host, peer, inner: behind } };
}
