// One side of a rule (semantics 1.6): the mapping of `source` or `destination` into an Entity with its effective selector (S30).

import type { Prefix } from "../net/types.ts";
import type { Selector } from "../selector/ast.ts";
import { conjunction, oneOf } from "../selector/build.ts";
import { mentions, ofNamespaces, ofServiceAccounts, serviceAccountLabel } from "../selector/rewrite.ts";
import type { Decoder } from "./decoder.ts";
import { list, object, optional, refine } from "./decoder.ts";
import { subdomainName } from "./names.ts";
import type { RulePort } from "./scalars.ts";
import { localSelector, network, rulePort, selectorText } from "./scalars.ts";
import type { Entity, Ports } from "./types.ts";
import { notEnforced } from "./unenforced.ts";

const mostNets = 256;
const mostPorts = 50;

/** The side that a rule without `source` or `destination` has. */
export const anyone: Entity = { nets: undefined, notNets: undefined, ports: undefined, notPorts: undefined, selector: undefined, notSelector: undefined };

const nets = refine(list(network, { most: mostNets }), (given) => unlessEmpty(given));

/** "None of everything" could never match (R34). */
const notNets: Decoder<readonly Prefix[] | undefined> = refine(nets, (given, at) => {
  const all = given?.findIndex((prefix) => prefix.length === 0) ?? -1;
  if (all === -1) return given;
  return at.fail({ code: "field-value", path: [all], message: "a rule that excludes every address of a family never matches it", hint: "remove this entry" });
});

const ports: Decoder<Ports | undefined> = refine(list(rulePort, { most: mostPorts }), (given) => {
  if (given.length === 0) return undefined;
  const of = <K extends RulePort["kind"]>(kind: K) => given.filter((port): port is Extract<RulePort, { kind: K }> => port.kind === kind);
  return { ranges: of("range").map(({ range }) => range), names: of("name").map(({ name }) => name) };
});

/** global() is allowed, alone (semantics 1.6). */
const namespaceSelector: Decoder<Selector | undefined> = refine(selectorText, (selector, at) => {
  if (selector === undefined || selector.kind === "global" || !mentions(selector, "global")) return selector;
  return at.fail({ code: "field-value", message: "global() can not be combined with other conditions", hint: 'write "global()" alone' });
});

/** Names and selector are ANDed (M41). */
const serviceAccounts: Decoder<Selector | undefined> = refine(
  object({ names: optional(list(subdomainName)), selector: optional(selectorText) }),
  ({ names = [], selector }) => both(selector && ofServiceAccounts(selector), names.length === 0 ? undefined : oneOf(serviceAccountLabel, names)),
);

export const entity: Decoder<Entity> = refine(
  object({
    nets: optional(nets),
    notNets: optional(notNets),
    selector: optional(localSelector),
    notSelector: optional(localSelector),
    namespaceSelector: optional(namespaceSelector),
    ports: optional(ports),
    notPorts: optional(ports),
    serviceAccounts: optional(serviceAccounts),
    services: notEnforced("services are matched by their endpoints, which hostward does not know", "use nets, or a selector over a GlobalNetworkSet"),
  }),
  ({ services: _, namespaceSelector: namespaces, serviceAccounts: accounts, selector, ...side }) => ({
    ...side,
    selector: both(namespaces && ofNamespaces(namespaces), both(accounts, selector)),
  }),
);

function both(a: Selector | undefined, b: Selector | undefined): Selector | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return conjunction([a, b]);
}

function unlessEmpty<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items;
}
