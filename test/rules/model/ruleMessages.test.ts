// What wrong rules are answered: each row is one slip that people make, with every message it gets. These texts are user interface.

import { checkMessages, ingress, policy } from "./wrong.ts";

checkMessages([
  [
    "a rule without action",
    ingress("protocol: TCP"),
    ["7:5: error field-missing GlobalNetworkPolicy/x spec.ingress[0].action: is required and missing; say what the rule does: Allow, Deny, Log or Pass"],
  ],
  [
    "an action in lower case",
    ingress("action: allow"),
    ['7:13: error field-value GlobalNetworkPolicy/x spec.ingress[0].action: expected Allow, Deny, Log or Pass, got "allow"; did you mean Allow?'],
  ],
  [
    "another firewall's word for an action",
    ingress("action: Accept"),
    ['7:13: error field-value GlobalNetworkPolicy/x spec.ingress[0].action: expected Allow, Deny, Log or Pass, got "Accept"; did you mean Allow?'],
  ],
  [
    "an IP version that is none",
    ingress("action: Allow\nipVersion: 5"),
    ["8:16: error field-value GlobalNetworkPolicy/x spec.ingress[0].ipVersion: expected 4 or 6, got 5"],
  ],
  [
    "a protocol that Calico has no name for",
    ingress("action: Allow\nprotocol: GRE"),
    [
      '8:15: error field-value GlobalNetworkPolicy/x spec.ingress[0].protocol: expected a protocol (ICMP, TCP, UDP, ICMPv6, SCTP, UDPLite or a number from 1 to 255), got "GRE"',
    ],
  ],
  [
    "protocol 0",
    ingress("action: Allow\nprotocol: 0"),
    [
      "8:15: error field-value GlobalNetworkPolicy/x spec.ingress[0].protocol: expected a protocol (ICMP, TCP, UDP, ICMPv6, SCTP, UDPLite or a number from 1 to 255), got 0",
    ],
  ],
  [
    "an address in nets",
    ingress("action: Allow\nsource:\n  nets:\n  - 10.0.0.1"),
    ['10:9: error field-value GlobalNetworkPolicy/x spec.ingress[0].source.nets[0]: expected a CIDR, got "10.0.0.1"; for this one address write "10.0.0.1/32"'],
  ],
  [
    "a CIDR with host bits set",
    ingress("action: Allow\nsource:\n  nets:\n  - 10.0.0.1/8"),
    [
      '10:9: error field-value GlobalNetworkPolicy/x spec.ingress[0].source.nets[0]: expected a CIDR, got "10.0.0.1/8"; host bits are set: write "10.0.0.0/8" for the network or "10.0.0.1/32" for the one address',
    ],
  ],
  [
    "a prefix that is too long",
    ingress("action: Allow\nsource:\n  nets:\n  - 10.0.0.0/33"),
    [
      '10:9: error field-value GlobalNetworkPolicy/x spec.ingress[0].source.nets[0]: expected a CIDR, got "10.0.0.0/33"; the length after "/" goes from 0 to 32',
    ],
  ],
  [
    "a netmask instead of a length",
    ingress("action: Allow\nsource:\n  nets:\n  - 10.0.0.0/255.0.0.0"),
    [
      '10:9: error field-value GlobalNetworkPolicy/x spec.ingress[0].source.nets[0]: expected a CIDR, got "10.0.0.0/255.0.0.0"; write the mask as the length of the prefix, as in "10.0.0.0/8"',
    ],
  ],
  [
    "a field in the singular",
    ingress("action: Allow\nsource:\n  net: 10.0.0.0/8"),
    ["9:7: error unknown-field GlobalNetworkPolicy/x spec.ingress[0].source.net: there is no such field; did you mean nets?"],
  ],
  [
    "port 0",
    ingress("action: Allow\nprotocol: TCP\ndestination:\n  ports: [0]"),
    ["10:15: error field-value GlobalNetworkPolicy/x spec.ingress[0].destination.ports[0]: expected ports from 1 to 65535, got 0"],
  ],
  [
    "port 65536",
    ingress("action: Allow\nprotocol: TCP\ndestination:\n  ports: [65536]"),
    ["10:15: error field-value GlobalNetworkPolicy/x spec.ingress[0].destination.ports[0]: expected ports from 1 to 65535, got 65536"],
  ],
  [
    "a range of ports with a dash",
    ingress("action: Allow\nprotocol: TCP\ndestination:\n  ports: [80-90]"),
    [
      '10:15: error field-value GlobalNetworkPolicy/x spec.ingress[0].destination.ports[0]: expected a port number, a range "min:max" or a port name, got "80-90"; write the range with a colon: "80:90"',
    ],
  ],
  [
    "a range of ports the wrong way round",
    ingress('action: Allow\nprotocol: TCP\ndestination:\n  ports: ["90:80"]'),
    ['10:15: error field-value GlobalNetworkPolicy/x spec.ingress[0].destination.ports[0]: expected the lower port first, got "90:80"; write "80:90"'],
  ],
  [
    "one port instead of a list",
    ingress("action: Allow\nprotocol: TCP\ndestination:\n  ports: 80"),
    [
      '10:14: error field-type GlobalNetworkPolicy/x spec.ingress[0].destination.ports: expected a list, got the number 80; begin each entry with "- ", also when there is only one',
    ],
  ],
  [
    "a boolean for a port",
    ingress("action: Allow\nprotocol: TCP\ndestination:\n  ports: [true]"),
    [
      '10:15: error field-type GlobalNetworkPolicy/x spec.ingress[0].destination.ports[0]: expected a port number, a range "min:max" or a port name, got the boolean true',
    ],
  ],
  [
    "a port name in capitals",
    ingress("action: Allow\nprotocol: TCP\ndestination:\n  ports: [HTTP]"),
    [
      '10:15: error field-value GlobalNetworkPolicy/x spec.ingress[0].destination.ports[0]: expected a port number, a range "min:max" or a port name (at most 15 of a-z, 0-9 and single "-" inside, at least one letter), got "HTTP"',
    ],
  ],
  [
    "numeric ports without protocol (R31)",
    ingress("action: Allow\ndestination:\n  ports: [80]"),
    ["9:14: error field-conflict GlobalNetworkPolicy/x spec.ingress[0].destination.ports: numeric ports need a protocol; set protocol to TCP, UDP or SCTP"],
  ],
  [
    "ports with a protocol that has none to match (R31)",
    ingress("action: Allow\nprotocol: UDPLite\ndestination:\n  ports: [http]"),
    [
      "10:14: error field-conflict GlobalNetworkPolicy/x spec.ingress[0].destination.ports: the protocol UDPLite has no ports that a rule could match; set protocol to TCP, UDP or SCTP",
    ],
  ],
  [
    "ICMP with ipVersion 6 (R30)",
    ingress("action: Allow\nprotocol: ICMP\nipVersion: 6"),
    [
      "9:16: error field-conflict GlobalNetworkPolicy/x spec.ingress[0].ipVersion: the protocol ICMP belongs to IPv4, ipVersion is 6; use ICMPv6, or remove ipVersion",
    ],
  ],
  [
    "not ICMPv6 with ipVersion 4 (R30)",
    ingress("action: Allow\nnotProtocol: ICMPv6\nipVersion: 4"),
    [
      "9:16: error field-conflict GlobalNetworkPolicy/x spec.ingress[0].ipVersion: the protocol ICMPv6 belongs to IPv6, ipVersion is 4; use ICMP, or remove ipVersion",
    ],
  ],
  [
    "icmp without protocol",
    ingress("action: Allow\nicmp: {type: 8}"),
    [
      "8:11: error field-conflict GlobalNetworkPolicy/x spec.ingress[0].icmp: icmp needs the protocol ICMP or ICMPv6, and it is not set; set protocol to ICMP or ICMPv6",
    ],
  ],
  [
    "icmp with TCP",
    ingress("action: Allow\nprotocol: TCP\nicmp: {type: 8}"),
    [
      "9:11: error field-conflict GlobalNetworkPolicy/x spec.ingress[0].icmp: icmp needs the protocol ICMP or ICMPv6, and it is TCP; set protocol to ICMP or ICMPv6",
    ],
  ],
  [
    "an ICMP code without type",
    ingress("action: Allow\nprotocol: ICMP\nicmp: {code: 0}"),
    ["9:18: error field-conflict GlobalNetworkPolicy/x spec.ingress[0].icmp.code: a code needs a type; add the type"],
  ],
  [
    "ICMP type 255",
    ingress("action: Allow\nprotocol: ICMP\nicmp: {type: 255}"),
    ["9:18: error field-value GlobalNetworkPolicy/x spec.ingress[0].icmp.type: expected a whole number from 0 to 254, got 255"],
  ],
  [
    "an ICMP type by name",
    ingress("action: Allow\nprotocol: ICMP\nicmp: {type: echo-request}"),
    ['9:18: error field-type GlobalNetworkPolicy/x spec.ingress[0].icmp.type: expected a number, got the string "echo-request"'],
  ],
  [
    "both families in one list (R33)",
    ingress('action: Allow\nsource:\n  nets: [10.0.0.0/8, "2001:db8::/32"]'),
    [
      "9:26: error field-conflict GlobalNetworkPolicy/x spec.ingress[0].source.nets[1]: 2001:db8::/32 is IPv6, the other networks of this rule are IPv4; write one rule for each family",
    ],
  ],
  [
    "one family on each side (R33)",
    ingress('action: Allow\nsource:\n  nets: [10.0.0.0/8]\ndestination:\n  notNets: ["2001:db8::/32"]'),
    [
      "11:17: error field-conflict GlobalNetworkPolicy/x spec.ingress[0].destination.notNets[0]: 2001:db8::/32 is IPv6, the other networks of this rule are IPv4; write one rule for each family",
    ],
  ],
  [
    "networks of another family than ipVersion (R33)",
    ingress("action: Allow\nipVersion: 6\nsource:\n  nets: [10.0.0.0/8]"),
    ["10:14: error field-conflict GlobalNetworkPolicy/x spec.ingress[0].source.nets[0]: 10.0.0.0/8 is IPv4, ipVersion is 6; write one rule for each family"],
  ],
  [
    "everything in notNets (R34)",
    ingress("action: Allow\nsource:\n  notNets: [0.0.0.0/0]"),
    [
      "9:17: error field-value GlobalNetworkPolicy/x spec.ingress[0].source.notNets[0]: a rule that excludes every address of a family never matches it; remove this entry",
    ],
  ],
  [
    "an http match (G31)",
    ingress("action: Allow\nprotocol: TCP\nhttp:\n  methods: [GET]"),
    [
      "10:7: error not-enforced GlobalNetworkPolicy/x spec.ingress[0].http: is not enforced: without it the rule would match more than it says; match the TCP port instead",
    ],
  ],
  [
    "services without their namespace (R20 f)",
    ingress("action: Allow\nsource:\n  services: {name: a}"),
    [
      "9:7: error field-missing GlobalNetworkPolicy/x spec.ingress[0].source.services.namespace: is required and missing; write the namespace that the service is in",
    ],
  ],
  [
    "services without a name",
    ingress("action: Allow\nsource:\n  services: {namespace: a}"),
    ["9:7: error field-missing GlobalNetworkPolicy/x spec.ingress[0].source.services.name: is required and missing; write the name of the service"],
  ],
  [
    "services as the destination of an ingress rule (R20 f)",
    ingress("action: Allow\ndestination:\n  services: {name: a, namespace: b}"),
    [
      "9:17: error field-conflict GlobalNetworkPolicy/x spec.ingress[0].destination.services: an ingress rule can not name services as its destination; its source can be services",
    ],
  ],
  [
    "services as the source of an egress rule (R20 f)",
    policy("egress:\n- action: Allow\n  source:\n    services: {name: a, namespace: b}"),
    [
      "9:17: error field-conflict GlobalNetworkPolicy/x spec.egress[0].source.services: an egress rule can not name services as its source; its destination can be services",
    ],
  ],
  [
    "services beside everything else that says which addresses are meant",
    ingress(
      "action: Allow\nsource:\n  services: {name: a, namespace: b}\n  nets: [10.0.0.0/8]\n  notNets: [10.1.0.0/16]\n  selector: has(a)\n  notSelector: has(b)\n  namespaceSelector: has(c)\n  serviceAccounts: {names: [d]}",
    ),
    [
      "9:17: error field-conflict GlobalNetworkPolicy/x spec.ingress[0].source.services: services can not stand beside nets, notNets, selector, notSelector, namespaceSelector or serviceAccounts: they say which addresses are meant; write two rules",
    ],
  ],
  [
    "services as a destination beside ports (R32)",
    policy("egress:\n- action: Allow\n  protocol: TCP\n  destination:\n    services: {name: a, namespace: b}\n    ports: [80]"),
    [
      "10:17: error field-conflict GlobalNetworkPolicy/x spec.egress[0].destination.services: services can not stand beside ports: they say which addresses are meant, and which ports; write two rules",
    ],
  ],
  [
    "global() combined with something",
    ingress("action: Allow\nsource:\n  namespaceSelector: global() || has(a)"),
    [
      '9:26: error field-value GlobalNetworkPolicy/x spec.ingress[0].source.namespaceSelector: global() can not be combined with other conditions; write "global()" alone',
    ],
  ],
  [
    "global() in a rule's selector",
    ingress("action: Allow\nsource:\n  selector: global()"),
    [
      "9:17: error field-value GlobalNetworkPolicy/x spec.ingress[0].source.selector: global() has no meaning here; it is for the namespaceSelector of a rule's source or destination",
    ],
  ],
  [
    "more than 50 ports",
    ingress(`action: Allow\nprotocol: TCP\ndestination:\n  ports: [${Array.from({ length: 51 }, (_, i) => i + 1).join(", ")}]`),
    ["10:14: error field-limit GlobalNetworkPolicy/x spec.ingress[0].destination.ports: expected at most 50 entries, got 51"],
  ],
]);
