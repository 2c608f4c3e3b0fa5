// One side of a rule (semantics 1.6): the mapping of `source` or `destination` into an Entity with its effective selector (S30). Which side
// may name services depends on the direction (R20 f), and what their namespace is on who owns the rule.

import type { Prefix } from "../net/types.ts";
import type { Selector } from "../selector/ast.ts";
import { conjunction, oneOf } from "../selector/build.ts";
import { mentions, ofNamespaces, ofServiceAccounts, serviceAccountLabel } from "../selector/rewrite.ts";
import type { Cursor } from "./cursor.ts";
import type { Check, Decoder, Field } from "./decoder.ts";
import { check, enumerate, list, object, optional, refine, required, withDefault } from "./decoder.ts";
import { subdomainName } from "./names.ts";
import type { RulePort } from "./scalars.ts";
import { localSelector, network, rulePort, selectorText } from "./scalars.ts";
import type { Entity, Ports, ServiceReference } from "./types.ts";

const mostNets = 256;
const mostPorts = 50;

/** The side that a rule without `source` or `destination` has. */
export const anyone: Entity = {
  nets: undefined,
  notNets: undefined,
  ports: undefined,
  notPorts: undefined,
  selector: undefined,
  notSelector: undefined,
  services: undefined,
};

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

const serviceName = required(subdomainName, "write the name of the service");

/** The service of a rule that belongs to no namespace names its own. */
export const serviceAnywhere: Field<ServiceReference | undefined> = optional(
  object<ServiceReference>({ namespace: required(subdomainName, "write the namespace that the service is in"), name: serviceName }),
);

/** The service of a rule that belongs to a namespace is in there unless it says otherwise. */
export const serviceNearby: Field<ServiceReference | undefined> = optional(
  object<ServiceReference>({ namespace: withDefault(subdomainName, ""), name: serviceName }),
);

/** R20 f. */
export function misplacedService(rule: "ingress" | "egress", side: "source" | "destination"): Field<undefined> {
  return {
    decoder: (_value, at) => {
      const other = side === "source" ? "destination" : "source";
      at.report({ code: "field-conflict", message: `an ${rule} rule can not name services as its ${side}`, hint: `its ${other} can be services` });
      return undefined;
    },
    absent: { kind: "default", value: undefined },
  };
}

interface Given {
  readonly nets: Entity["nets"];
  readonly notNets: Entity["notNets"];
  readonly selector: Selector | undefined;
  readonly notSelector: Selector | undefined;
  readonly namespaceSelector: Selector | undefined;
  readonly ports: Ports | undefined;
  readonly notPorts: Ports | undefined;
  readonly serviceAccounts: Selector | undefined;
  readonly services: ServiceReference | undefined;
}

/** `besideServices`: which of the fields can not stand beside `services`. */
function entity(services: Field<ServiceReference | undefined>, besideServices: readonly (keyof Given)[]): Decoder<Entity> {
  return refine(
    object<Given>(
      {
        nets: optional(nets),
        notNets: optional(notNets),
        selector: optional(localSelector),
        notSelector: optional(localSelector),
        namespaceSelector: optional(namespaceSelector),
        ports: optional(ports),
        notPorts: optional(ports),
        serviceAccounts: optional(serviceAccounts),
        services,
      },
      [servicesAlone(besideServices)],
    ),
    ({ namespaceSelector: namespaces, serviceAccounts: accounts, selector, ...side }) => ({
      ...side,
      selector: both(namespaces && ofNamespaces(namespaces), both(accounts, selector)),
    }),
  );
}

const addressFields = ["nets", "notNets", "selector", "notSelector", "namespaceSelector", "serviceAccounts"] as const;

export function sourceSide(services: Field<ServiceReference | undefined>): Decoder<Entity> {
  return entity(services, addressFields);
}

/** The ports of a destination are those of the service (R32). */
export function destinationSide(services: Field<ServiceReference | undefined>): Decoder<Entity> {
  return entity(services, [...addressFields, "ports", "notPorts"]);
}

function servicesAlone(others: readonly (keyof Given)[]): Check<Given> {
  return check(["services", ...others], (given: Partial<Given>, at: Cursor) => {
    if (given.services === undefined) return;
    const beside = others.filter((name) => given[name] !== undefined);
    if (beside.length === 0) return;
    const message = `services can not stand beside ${enumerate(beside)}: they say which addresses are meant${others.includes("ports") ? ", and which ports" : ""}`;
    at.report({ code: "field-conflict", path: ["services"], message, hint: "write two rules" });
  });
}

function both(a: Selector | undefined, b: Selector | undefined): Selector | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return conjunction([a, b]);
}

function unlessEmpty<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items;
}
