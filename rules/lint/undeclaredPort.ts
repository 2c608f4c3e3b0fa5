// A port name in a rule for which no HostEndpoint has a port that counts (semantics M22, M26): among ports it matches nothing, among notPorts it
// excludes nothing. Ports count for their endpoint's expectedIPs, for the rule's protocol, and where the side's selector selects the endpoint.

import { nearest } from "../model/nearest.ts";
import type { Problem } from "../model/problem.ts";
import type { EndpointPort } from "../model/types.ts";
import { protocolName } from "../net/protocol.ts";
import { all, conjunction, negation } from "../selector/build.ts";
import { aboutRule, type LabelledEndpoint, type RuleSite, type World } from "./world.ts";

export function undeclaredPort(world: World): Problem[] {
  return world.rules.flatMap((site) =>
    (["source", "destination"] as const).flatMap((side) => {
      const { ports, notPorts } = site.rule[side];
      const of = (field: "ports" | "notPorts", names: readonly string[] = []) => names.flatMap((name) => problemOf(world, site, { side, field, name }));
      return [...of("ports", ports?.names), ...of("notPorts", notPorts?.names)];
    }),
  );
}

interface Use {
  readonly side: "source" | "destination";
  readonly field: "ports" | "notPorts";
  readonly name: string;
}

function problemOf(world: World, site: RuleSite, { side, field, name }: Use): Problem[] {
  const why = whyNone(world, site, { side, field, name });
  if (why === undefined) return [];
  const effect = field === "ports" ? "matches nothing" : "excludes nothing";
  return [aboutRule(site, { code: "port-undeclared", field: `${side}.${field}`, message: `the port name '${name}' ${effect}: ${why.reason}`, hint: why.hint })];
}

interface Why {
  readonly reason: string;
  readonly hint: string;
}

function whyNone({ endpoints, endpointsSelectedBy, peersSelectedBy }: World, { rule }: RuleSite, { side, name }: Use): Why | undefined {
  const declares = ({ endpoint }: LabelledEndpoint) => endpoint.ports.some((port) => port.name === name);
  const declaring = endpoints.filter(declares);
  if (declaring.length === 0) return notDeclared(endpoints, name);
  const counts = (port: EndpointPort) => port.name === name && (rule.protocol === undefined || port.protocol === rule.protocol);
  const sameProtocol = declaring.filter(({ endpoint }) => endpoint.ports.some(counts));
  if (sameProtocol.length === 0) {
    return { reason: `no HostEndpoint has it for ${protocolName(rule.protocol ?? 0)}`, hint: "compare the rule's protocol with that of the port" };
  }
  const addressed = sameProtocol.filter(({ endpoint }) => endpoint.expectedIPs.length > 0);
  if (addressed.length === 0)
    return { reason: `the HostEndpoints that have it have no expectedIPs`, hint: "add expectedIPs: a port counts for these addresses only" };
  const { selector = all, notSelector } = rule[side];
  const positive = rule[side].selector === undefined || notSelector === undefined ? selector : conjunction([selector, negation(notSelector)]);
  const selected = new Set(endpointsSelectedBy(positive));
  if (peersSelectedBy(positive).length === 0) return undefined; // The selector has a problem of its own.
  if (addressed.some((endpoint) => selected.has(endpoint))) return undefined;
  return { reason: `no HostEndpoint that the ${side}'s selector selects has it`, hint: "compare the selector with the labels of those that have the port" };
}

function notDeclared(endpoints: readonly LabelledEndpoint[], name: string): Why {
  const meant = nearest(name, new Set(endpoints.flatMap(({ endpoint }) => endpoint.ports.map((port) => port.name))));
  const hint = meant === undefined ? "add it to the ports of the HostEndpoints that are meant, or write the number" : `did you mean '${meant}'?`;
  return { reason: "no HostEndpoint has a port of that name", hint };
}
