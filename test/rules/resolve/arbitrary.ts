// Random small hosts: few names, labels and addresses, so that endpoints collide, selectors overlap and profiles go missing.

import fc from "fast-check";
import type { Resource } from "../../../rules/model/types.ts";
import type { Interface } from "../../../rules/resolve/types.ts";
import { endpoint, link, NODE, networkSet, networkSetIn, policy, profile, rule, slice, tier } from "./resources.ts";

const linkName = fc.constantFrom("lo", "eth0", "eth1", "eth10", "cali0", "kube-ipvs0");
const ip = fc.constantFrom("10.0.0.1", "10.0.0.2", "10.0.0.3", "fd00::1", "fd00::2");
const labels = fc.dictionary(fc.constantFrom("role", "zone"), fc.constantFrom("a", "b", "ab"), { maxKeys: 2 });
const profileName = fc.constantFrom("p1", "p2", "ghost", "projectcalico-default-allow", "kns.prod");
const portName = fc.constantFrom("web", "dns");

export const selectorText: fc.Arbitrary<string> = fc.letrec<{ any: string; leaf: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie("leaf"),
    tie("any").map((operand) => `!(${operand})`),
    fc.tuple(tie("any"), fc.constantFrom("&&", "||"), tie("any")).map(([a, op, b]) => `(${a}) ${op} (${b})`),
  ),
  leaf: fc.constantFrom(
    ..."all()|global()|has(role)|role == 'a'|role != 'a'|role in {'a','b','a'}|zone not in {'a'}|zone in {}|zone contains 'b'|role starts with 'a'|zone ends with 'b'".split(
      "|",
    ),
  ),
})).any;

export const interfaces: fc.Arbitrary<Interface[]> = fc.uniqueArray(
  fc.tuple(linkName, fc.uniqueArray(ip, { maxLength: 3 }), fc.boolean()).map(([name, ips, up]) => link(name, ips, up)),
  { selector: ({ name }) => name, maxLength: 5 },
);

const endpointArbitrary = fc
  .record({
    name: fc.constantFrom("a", "b", "B", "a-b", "z9", "z10"),
    node: fc.constantFrom(NODE, NODE, "host2"),
    on: fc.option(fc.oneof(linkName, fc.constant("*")), { nil: undefined }),
    ips: fc.uniqueArray(ip, { maxLength: 3 }),
    labels,
    profiles: fc.uniqueArray(profileName, { maxLength: 3 }),
    ports: fc.array(
      fc.tuple(portName, fc.constantFrom(6, 17), fc.constantFrom(80, 53)).map(([name, protocol, port]) => ({ name, protocol, port })),
      { maxLength: 2 },
    ),
  })
  .map(({ name, on, ...form }) => endpoint(name, on === undefined ? form : { on, ...form }));

const side = fc.oneof(
  fc.constant({}),
  selectorText.map((selector) => ({ selector })),
  selectorText.map((notSelector) => ({ notSelector })),
  fc.tuple(selectorText, selectorText).map(([selector, notSelector]) => ({ selector, notSelector })),
  fc.constantFrom({ nets: ["10.0.0.0/31"] }, { nets: ["fd00::/64"] }, { notNets: ["10.0.0.2/32"] }),
  fc.constantFrom("web", "db").map((name) => ({ services: { namespace: "prod", name } })),
  portName.map((name) => ({ ports: [name] })),
  fc.tuple(portName, selectorText).map(([name, selector]) => ({ ports: [name, 443], selector })),
);

const ruleArbitrary = fc
  .tuple(fc.constantFrom("Allow", "Deny", "Pass", "Log"), fc.record({ protocol: fc.constantFrom(6, 17), from: side, to: side }))
  .map(([action, form]) => rule(action, form));

const rules = fc.array(ruleArbitrary, { maxLength: 3 });

const policyArbitrary = fc
  .record({
    name: fc.constantFrom("p", "q", "p-1", "p.1", "r"),
    tier: fc.constantFrom("default", "t1", "t2", "ghost"),
    order: fc.constantFrom(1, 2, -1, Number.POSITIVE_INFINITY),
    selector: selectorText,
    types: fc.constantFrom(["ingress"] as const, ["egress"] as const, ["ingress", "egress"] as const),
    list: fc.constantFrom("normal", "normal", "preDNAT", "untracked"),
    applyOnForward: fc.boolean(),
    ingress: rules,
    egress: rules,
  })
  .map(({ name, ...form }) => policy(name, form));

const profileArbitrary = fc.record({ name: profileName, ingress: rules, egress: rules, labelsToApply: labels }).map(({ name, ...form }) => profile(name, form));

const tierArbitrary = fc
  .tuple(fc.constantFrom("default", "t1", "t2"), fc.constantFrom(1, 2), fc.constantFrom("Deny", "Pass"))
  .map(([name, order, action]) => tier(name, order, action));

const net = fc.uniqueArray(fc.constantFrom("10.0.0.0/30", "10.0.0.2", "fd00::/120", "10.0.0.4/31", "fd00::1", "10.0.0.6"), { maxLength: 3 });
const ports = fc.uniqueArray(fc.constantFrom("TCP/80", "UDP/53"));

const setArbitrary = fc.tuple(fc.constantFrom("s1", "s2"), labels, net).map(([name, own, nets]) => networkSet(name, own, nets));

const namespacedSet = fc.tuple(fc.constantFrom("prod", "test"), labels, net).map(([namespace, own, nets]) => networkSetIn(namespace, own, nets));

const sliceArbitrary = fc
  .record({ name: fc.constantFrom("web-1", "web-2", "db-1"), service: fc.constantFrom("prod/web", "prod/db", "test/web"), ips: fc.uniqueArray(ip), ports })
  .map(({ name, service, ...endpoints }) => slice(name, service, endpoints));

export const resource: fc.Arbitrary<Resource> = fc.oneof(
  { weight: 4, arbitrary: endpointArbitrary },
  { weight: 3, arbitrary: policyArbitrary },
  profileArbitrary,
  tierArbitrary,
  setArbitrary,
  namespacedSet,
  sliceArbitrary,
);

/** Resources of equal keys are versions of one. */
export function keyOf({ kind, metadata }: Resource): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}

/** Names are unique within a kind, as in the store. */
export const resources: fc.Arbitrary<Resource[]> = fc.uniqueArray(resource, { selector: keyOf, maxLength: 14 });
