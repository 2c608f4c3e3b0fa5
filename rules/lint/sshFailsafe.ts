// A host whose SSH port is no failsafe: a slip in a policy can then lock its operator out. Whether policy lets SSH in today is not asked; the next
// change of policy is what failsafes are for (semantics R50, G1).

import type { Problem } from "../model/problem.ts";
import { formatAddress } from "../net/address.ts";
import { prefixContains } from "../net/prefix.ts";
import { about, enumerate, type World } from "./world.ts";

const TCP = 6;

/** One problem for the host, at its first endpoint: failsafes are a setting of all of them. */
export function sshFailsafe({ localEndpoints, input: { settings, ssh } }: World): Problem[] {
  const [first] = localEndpoints;
  const isOpen = settings.failsafeInbound.some(({ protocol, port, net }) => {
    if (protocol !== TCP || port !== ssh.port) return false;
    return net === undefined || ssh.client === undefined || prefixContains(net, ssh.client);
  });
  if (first === undefined || isOpen) return [];
  const whence = ssh.client === undefined ? "" : ` from ${formatAddress(ssh.client)}`;
  const names = enumerate(localEndpoints.map(({ metadata }) => metadata.name));
  const message = `SSH (tcp:${ssh.port}${whence}) is no failsafe: where ${names} governs, a mistake in a policy locks you out`;
  const hint = `add tcp:${ssh.port} to failsafeInboundHostPorts`;
  return [about(first, { code: "ssh-not-failsafe", message, hint })];
}
