// HostEndpoint (semantics 1.1): an interface, or all of them, or those that have some address, on one node.

import { formatAddress } from "../net/address.ts";
import type { Address } from "../net/types.ts";
import type { Cursor } from "./cursor.ts";
import type { Decoder } from "./decoder.ts";
import { check, list, object, refine, required, withDefault } from "./decoder.ts";
import { interfaceName, portName, subdomainName } from "./names.ts";
import { derivedLabel, resource } from "./resource.ts";
import { address, portNumber, portProtocol } from "./scalars.ts";
import type { EndpointPort, HostEndpoint, Resource } from "./types.ts";

type Spec = Pick<HostEndpoint, "node" | "target" | "expectedIPs" | "profiles" | "ports">;

interface Given {
  readonly node: string;
  readonly interfaceName: string;
  readonly expectedIPs: readonly Address[];
  readonly profiles: readonly string[];
  readonly ports: readonly EndpointPort[];
}

const port: Decoder<EndpointPort> = object<EndpointPort>({
  name: required(portName, "policies refer to the port by it"),
  protocol: required(portProtocol, "write TCP, UDP or SCTP"),
  port: required(portNumber, "write a number from 1 to 65535"),
});

/** Calico's API takes a name twice, for instance dns over TCP and over UDP; its documents say names are unique. */
const ports = list(port, { unique: { by: ({ name }) => name, severity: "warning", hint: "give each port a name of its own" } });

/** Harmless, and hardly meant. */
const once = { severity: "warning", hint: "write it once" } as const;

const spec: Decoder<Spec> = refine(
  object<Given>(
    {
      node: required(subdomainName, "write the name of the host, as hostward's node setting has it"),
      interfaceName: withDefault(interfaceName, ""),
      expectedIPs: withDefault(list(address, { unique: { by: formatAddress, ...once } }), []),
      profiles: withDefault(list(subdomainName, { unique: { by: (name) => name, ...once } }), []),
      ports: withDefault(ports, []),
    },
    [check(["interfaceName", "expectedIPs"], checkTarget)],
  ),
  ({ interfaceName, ...rest }) => ({ ...rest, target: target(interfaceName) }),
);

function checkTarget({ interfaceName, expectedIPs }: Pick<Given, "interfaceName" | "expectedIPs">, at: Cursor): void {
  if (interfaceName !== "" || expectedIPs.length > 0) return;
  const hint = 'set interfaceName to an interface, or to "*" for all of them, or list the addresses in expectedIPs';
  at.report({ code: "field-missing", message: "interfaceName and expectedIPs are both missing: at least one of them is required", hint });
}

function target(interfaceName: string): HostEndpoint["target"] {
  if (interfaceName === "") return { kind: "addresses" };
  return interfaceName === "*" ? { kind: "wildcard" } : { kind: "name", interfaceName };
}

/** Calico's only reading of it is DSCP marking (R12). */
const dscp = "qos.projectcalico.org/dscp";

function warnOfMarking({ metadata }: HostEndpoint, at: Cursor): void {
  if (!Object.hasOwn(metadata.annotations, dscp)) return;
  const message = "is not enforced: hostward filters packets and does not mark them";
  at.report({
    code: "not-enforced",
    severity: "warning",
    path: ["metadata", "annotations", dscp],
    spot: { kind: "key" },
    message,
    hint: "remove the annotation",
  });
}

export const hostEndpoint: Decoder<Resource> = resource<Spec, HostEndpoint>({
  name: subdomainName,
  scope: "cluster",
  reserved: derivedLabel,
  spec: required(spec, "an endpoint needs a node and an interface"),
  make: (metadata, fields, place) => ({ kind: "HostEndpoint", metadata, place, ...fields }),
  review: warnOfMarking,
});
