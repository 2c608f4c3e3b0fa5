// Random rules as a policy's document has them, over the few addresses, ports and labels of a random world, within R30 to R34: one family a rule,
// ports only where the protocol has them, types only of ICMP.

import fc from "fast-check";
import type { Family } from "../../rules/net/types.ts";
import { selectorText } from "../rules/resolve/arbitrary.ts";

type Fields = Readonly<Record<string, unknown>>;

const rarely = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });

function written(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

const networks: Readonly<Record<Family, readonly string[]>> = {
  4: ["10.0.0.0/29", "10.0.0.0/31", "10.0.0.2/31", "10.0.0.4/30", "10.0.0.1/32", "10.0.0.5/32"],
  6: ["fd00::/125", "fd00::/127", "fd00::2/127", "fd00::4/126", "fd00::1/128", "fd00::5/128"],
};
const everything: Readonly<Record<Family, string>> = { 4: "0.0.0.0/0", 6: "::/0" };

const port = fc.integer({ min: 1, max: 6 });
const portName = fc.constantFrom("web", "dns");
const range = fc.tuple(port, port).map(([a, b]) => `${Math.min(a, b)}:${Math.max(a, b)}`);
const anyPorts = fc.uniqueArray(fc.oneof({ weight: 2, arbitrary: port }, { weight: 2, arbitrary: range }, portName), { minLength: 1, maxLength: 3 });
const names = fc.uniqueArray(portName, { minLength: 1, maxLength: 2 });

/** global() stands alone, and only in a namespaceSelector. */
const peers = selectorText.filter((text) => !text.includes("global()"));

const sideOf = ({ family, ports }: { family: Family; ports: fc.Arbitrary<unknown> }): fc.Arbitrary<Fields> =>
  fc
    .record({
      nets: rarely(fc.uniqueArray(fc.constantFrom(...networks[family], everything[family]), { minLength: 1, maxLength: 2 })),
      notNets: rarely(fc.uniqueArray(fc.constantFrom(...networks[family]), { minLength: 1, maxLength: 2 })),
      selector: rarely(peers),
      notSelector: rarely(peers),
      namespaceSelector: rarely(fc.constantFrom("global()", "all()", "has(x)")),
      ports: rarely(ports),
      notPorts: rarely(ports),
    })
    .map(written);

interface Kind {
  /** With `ipVersion` of `family` or without. */
  readonly pinned: boolean;
  readonly family: Family;
  readonly protocol: string | number | undefined;
  readonly notProtocol: string | number | undefined;
}

const kind: fc.Arbitrary<Kind> = fc.constantFrom<Family>(4, 6).chain((family) => {
  const icmp: readonly (string | number)[] = family === 4 ? ["ICMP", 1] : ["ICMPv6", 58];
  const protocol = fc.constantFrom<string | number>("TCP", "TCP", "UDP", "sctp", 6, 17, ...icmp, 253, 254, "UDPLite");
  return fc.record({
    family: fc.constant(family),
    pinned: fc.constantFrom(true, false, false),
    protocol: fc.option(protocol, { nil: undefined, freq: 1 }),
    notProtocol: rarely(protocol),
  });
});

const portProtocols: readonly (string | number | undefined)[] = ["TCP", "UDP", "sctp", 6, 17];

function portsFor({ protocol }: Kind): fc.Arbitrary<unknown> {
  if (portProtocols.includes(protocol)) return anyPorts;
  return protocol === undefined ? names : fc.constant(undefined);
}

const icmpMatch = fc.record({ type: fc.constantFrom(0, 3, 8, 128, 129, 133, 135, 136, 143), code: fc.option(fc.nat(1), { nil: undefined }) }).map(written);

const rule: fc.Arbitrary<Fields> = kind.chain((chosen) => {
  const { family, pinned, protocol, notProtocol } = chosen;
  const isIcmp = ["ICMP", "ICMPv6", 1, 58].includes(protocol ?? "");
  const side = sideOf({ family, ports: portsFor(chosen) });
  return fc
    .record({
      action: fc.constantFrom("Allow", "Allow", "Allow", "Deny", "Deny", "Pass", "Log"),
      ipVersion: fc.constant(pinned ? family : undefined),
      protocol: fc.constant(protocol),
      notProtocol: fc.constant(notProtocol),
      icmp: isIcmp ? fc.option(icmpMatch, { nil: undefined }) : fc.constant(undefined),
      notICMP: isIcmp || protocol === undefined ? rarely(icmpMatch) : fc.constant(undefined),
      source: side,
      destination: side,
    })
    .map(written);
});

export const ruleList: fc.Arbitrary<Fields[]> = fc.array(rule, { maxLength: 4 });
