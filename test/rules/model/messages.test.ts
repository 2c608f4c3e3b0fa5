// What wrong resources are answered: each row is one slip that people make, with every message it gets. These texts are user interface.

import { checkMessages, endpoint, resource } from "./wrong.ts";

checkMessages([
  ["a list of things without kind List", "- a\n- b\n", ["1:1: error not-a-resource: expected a resource: a mapping with apiVersion and kind"]],
  ["a text instead of a resource", "just words\n", ["1:1: error not-a-resource: expected a resource: a mapping with apiVersion and kind"]],
  [
    "no kind",
    "apiVersion: projectcalico.org/v3\nmetadata: {name: x}\n",
    ["1:1: error not-a-resource: kind is missing; every resource has an apiVersion and a kind"],
  ],
  [
    "another program's file: neither apiVersion nor kind",
    "replicas: 3\nimage: nginx\n",
    ["1:1: error not-a-resource: apiVersion and kind are missing; every resource has an apiVersion and a kind"],
  ],
  [
    "a mistyped kind",
    "apiVersion: projectcalico.org/v3\nkind: HostEndpont\nmetadata: {name: x}\n",
    ['2:7: error unknown-kind kind: there is no kind "HostEndpont"; did you mean HostEndpoint?'],
  ],
  [
    "a kind in lower case",
    "apiVersion: projectcalico.org/v3\nkind: hostendpoint\nmetadata: {name: x}\n",
    ['2:7: error unknown-kind kind: there is no kind "hostendpoint"; did you mean HostEndpoint?'],
  ],
  [
    "a kind that Calico does not have",
    "apiVersion: projectcalico.org/v3\nkind: Firewall\nmetadata: {name: x}\n",
    [
      '2:7: error unknown-kind kind: there is no kind "Firewall"; hostward reads GlobalNetworkPolicy, GlobalNetworkSet, HostEndpoint, NetworkPolicy, NetworkSet, Profile, StagedGlobalNetworkPolicy, StagedKubernetesNetworkPolicy, StagedNetworkPolicy or Tier',
    ],
  ],
  [
    "no apiVersion",
    "kind: HostEndpoint\nmetadata: {name: x}\n",
    ["1:1: error api-version HostEndpoint/x: apiVersion is missing; write apiVersion: projectcalico.org/v3"],
  ],
  [
    "the apiVersion of Kubernetes' own kinds",
    "apiVersion: v1\nkind: HostEndpoint\nmetadata: {name: x}\n",
    [
      '1:13: error api-version HostEndpoint/x apiVersion: expected projectcalico.org/v3 or crd.projectcalico.org/v1 for the kind HostEndpoint, got "v1"; write apiVersion: projectcalico.org/v3',
    ],
  ],
  [
    "a version that Calico's group does not have",
    "apiVersion: projectcalico.org/v1\nkind: Tier\nmetadata: {name: x}\n",
    [
      '1:13: error api-version Tier/x apiVersion: expected projectcalico.org/v3 or crd.projectcalico.org/v1 for the kind Tier, got "projectcalico.org/v1"; write apiVersion: projectcalico.org/v3',
    ],
  ],
  [
    "a mistyped group",
    "apiVersion: projectcalico.com/v3\nkind: Profile\nmetadata: {name: x}\n",
    [
      '1:13: error api-version Profile/x apiVersion: expected projectcalico.org/v3 or crd.projectcalico.org/v1 for the kind Profile, got "projectcalico.com/v3"; write apiVersion: projectcalico.org/v3',
    ],
  ],
  [
    "a number for the apiVersion",
    "apiVersion: 3\nkind: Profile\nmetadata: {name: x}\n",
    ["1:13: error api-version Profile/x apiVersion: apiVersion is not a string; write apiVersion: projectcalico.org/v3"],
  ],
  [
    "no metadata",
    "apiVersion: projectcalico.org/v3\nkind: Tier\n",
    ["1:1: error field-missing metadata: is required and missing; every resource has a metadata.name"],
  ],
  [
    "no name",
    "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {}\n",
    ["3:1: error field-missing metadata.name: is required and missing; give the resource a name"],
  ],
  [
    "a number for the name",
    resource("Profile", "ingress: []", "123"),
    [
      "4:9: error field-type metadata.name: expected a string, got the number 123; put it in quotes: YAML takes numbers, true, false, yes, no, on and off for values of their own",
    ],
  ],
  [
    "a name with capitals and underscores",
    resource("Profile", "ingress: []", "My_Profile"),
    [
      '4:9: error field-value metadata.name: expected a DNS name (parts of lower-case letters, digits and "-", beginning and ending with a letter or digit, joined by dots), got "My_Profile"; write "my-profile"',
    ],
  ],
  [
    "a tier's name with a dot",
    resource("Tier", "order: 1", "a.b"),
    [
      '4:9: error field-value Tier/a.b metadata.name: expected a tier name (lower-case letters, digits and "-", beginning and ending with a letter or digit; no dots), got "a.b"',
    ],
  ],
  [
    "a policy's name with two dots",
    resource("GlobalNetworkPolicy", "order: 1", "a.b.c"),
    [
      '4:9: error field-value GlobalNetworkPolicy/a.b.c metadata.name: expected a policy name (lower-case letters, digits and "-", beginning and ending with a letter or digit; at most one dot), got "a.b.c"',
    ],
  ],
  [
    "a namespace on a kind that has none",
    "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {name: x, namespace: default}\n",
    ["3:32: warning namespace-ignored Tier/x metadata.namespace: the namespace is ignored: this kind belongs to none; remove the field"],
  ],
  [
    "a label's value with a space",
    "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata:\n  name: x\n  labels:\n    role: web server\n",
    [
      '6:11: error label-invalid Tier/x metadata.labels.role: expected a label value (empty, or at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit), got "web server"',
    ],
  ],
  [
    "a label's key with a space",
    "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata:\n  name: x\n  labels:\n    my role: web\n",
    [
      '6:5: error label-invalid Tier/x metadata.labels["my role"]: expected a label key (a name of at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit; before it, if wanted, a DNS name and "/"), got "my role"',
    ],
  ],
  [
    "a boolean for a label's value",
    "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata:\n  name: x\n  labels:\n    prod: true\n",
    [
      "6:11: error field-type Tier/x metadata.labels.prod: expected a string, got the boolean true; put it in quotes: YAML takes numbers, true, false, yes, no, on and off for values of their own",
    ],
  ],
  [
    "the namespace label on a HostEndpoint (G30)",
    "apiVersion: projectcalico.org/v3\nkind: HostEndpoint\nmetadata:\n  name: x\n  labels:\n    projectcalico.org/namespace: default\nspec: {node: n, interfaceName: eth0}\n",
    [
      '6:5: error label-reserved HostEndpoint/x metadata.labels["projectcalico.org/namespace"]: Calico itself sets this label, on workloads only: here it would change what namespaced policies select; remove this label',
    ],
  ],
  [
    "a mistyped field of metadata",
    "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata:\n  name: x\n  label:\n    a: b\n",
    ["5:3: error unknown-field Tier/x metadata.label: there is no such field; did you mean labels?"],
  ],
  [
    "a HostEndpoint without spec",
    "apiVersion: projectcalico.org/v3\nkind: HostEndpoint\nmetadata: {name: x}\n",
    ["1:1: error field-missing HostEndpoint/x spec: is required and missing; an endpoint needs a node and an interface"],
  ],
  [
    "a mistyped field, and what is missing because of it",
    endpoint("interfaceNmae: eth0"),
    [
      "7:3: error unknown-field HostEndpoint/x spec.interfaceNmae: there is no such field; did you mean interfaceName?",
      '6:3: error field-missing HostEndpoint/x spec: interfaceName and expectedIPs are both missing: at least one of them is required; set interfaceName to an interface, or to "*" for all of them, or list the addresses in expectedIPs',
    ],
  ],
  [
    "no node",
    resource("HostEndpoint", "interfaceName: eth0"),
    ["5:1: error field-missing HostEndpoint/x spec.node: is required and missing; write the name of the host, as hostward's node setting has it"],
  ],
  [
    "neither interfaceName nor expectedIPs",
    endpoint("profiles: [a]"),
    [
      '6:3: error field-missing HostEndpoint/x spec: interfaceName and expectedIPs are both missing: at least one of them is required; set interfaceName to an interface, or to "*" for all of them, or list the addresses in expectedIPs',
    ],
  ],
  [
    "an interface name of 16 characters",
    endpoint("interfaceName: enterprise-lan-0"),
    [
      '7:18: error field-limit HostEndpoint/x spec.interfaceName: expected an interface name of at most 15 characters (the kernel has none longer), got "enterprise-lan-0", which has 16',
    ],
  ],
  [
    "a pattern for an interface name",
    endpoint("interfaceName: eth*"),
    [
      '7:18: error field-value HostEndpoint/x spec.interfaceName: expected an interface name (letters, digits, "_", "." and "-") or "*", got "eth*"; only "*" alone stands for other names: for all interfaces that no other HostEndpoint names',
    ],
  ],
  [
    "an interface name that is a boolean to kubectl",
    endpoint("interfaceName: on"),
    [
      "7:18: error field-type HostEndpoint/x spec.interfaceName: expected a string, got the boolean true; put it in quotes: YAML takes numbers, true, false, yes, no, on and off for values of their own",
    ],
  ],
  [
    "a number for an interface name",
    endpoint("interfaceName: 0"),
    [
      "7:18: error field-type HostEndpoint/x spec.interfaceName: expected a string, got the number 0; put it in quotes: YAML takes numbers, true, false, yes, no, on and off for values of their own",
    ],
  ],
  [
    "a CIDR in expectedIPs",
    endpoint("expectedIPs:\n- 192.168.0.0/24"),
    [
      '8:5: error field-value HostEndpoint/x spec.expectedIPs[0]: expected an IPv4 or IPv6 address, got "192.168.0.0/24"; this is a network; write the address without "/24"',
    ],
  ],
  [
    "an address with a leading zero",
    endpoint("expectedIPs:\n- 010.0.0.1"),
    [
      '8:5: error field-value HostEndpoint/x spec.expectedIPs[0]: expected an IPv4 or IPv6 address, got "010.0.0.1"; leave the leading zeros out: some programs take such a number for octal',
    ],
  ],
  [
    "an address of three numbers",
    endpoint("expectedIPs: [10.1.2]"),
    ['7:17: error field-value HostEndpoint/x spec.expectedIPs[0]: expected an IPv4 or IPv6 address, got "10.1.2"; an IPv4 address has four numbers'],
  ],
  [
    "an address with a zone",
    endpoint('expectedIPs: ["fe80::1%eth0"]'),
    ['7:17: error field-value HostEndpoint/x spec.expectedIPs[0]: expected an IPv4 or IPv6 address, got "fe80::1%eth0"; leave the zone out'],
  ],
  [
    "one address instead of a list",
    endpoint("expectedIPs: 10.0.0.1"),
    [
      '7:16: error field-type HostEndpoint/x spec.expectedIPs: expected a list, got the string "10.0.0.1"; begin each entry with "- ", also when there is only one',
    ],
  ],
  [
    "an address twice, in two spellings",
    endpoint('expectedIPs: ["10.0.0.1", "::ffff:10.0.0.1"]'),
    ['7:29: warning field-duplicate HostEndpoint/x spec.expectedIPs[1]: "10.0.0.1" is in the list already; write it once'],
  ],
  [
    "a node name with a capital",
    resource("HostEndpoint", "node: Host1\ninterfaceName: eth0"),
    [
      '6:9: error field-value HostEndpoint/x spec.node: expected a DNS name (parts of lower-case letters, digits and "-", beginning and ending with a letter or digit, joined by dots), got "Host1"; write "host1"',
    ],
  ],
  [
    "a named port of a protocol without ports",
    endpoint("interfaceName: eth0\nports:\n- {name: ping, protocol: ICMP, port: 8}"),
    ["9:28: error field-value HostEndpoint/x spec.ports[0].protocol: expected a protocol that has ports (TCP, UDP or SCTP), got ICMP"],
  ],
  [
    "a port number in quotes",
    endpoint('interfaceName: eth0\nports:\n- {name: web, protocol: TCP, port: "80"}'),
    ['9:38: error field-type HostEndpoint/x spec.ports[0].port: expected a number, got the string "80"; remove the quotes'],
  ],
  [
    "port 65536",
    endpoint("interfaceName: eth0\nports:\n- {name: web, protocol: TCP, port: 65536}"),
    ["9:38: error field-value HostEndpoint/x spec.ports[0].port: expected a whole number from 1 to 65535, got 65536"],
  ],
  [
    "a port name in capitals",
    endpoint("interfaceName: eth0\nports:\n- {name: HTTP, protocol: TCP, port: 80}"),
    [
      '9:12: error field-value HostEndpoint/x spec.ports[0].name: expected a port name (at most 15 of a-z, 0-9 and single "-" inside, at least one letter), got "HTTP"; write "http"',
    ],
  ],
  [
    "two ports of one name",
    endpoint("interfaceName: eth0\nports:\n- {name: dns, protocol: TCP, port: 53}\n- {name: dns, protocol: UDP, port: 53}"),
    ['10:5: warning field-duplicate HostEndpoint/x spec.ports[1]: "dns" is in the list already; give each port a name of its own'],
  ],
  [
    "the DSCP annotation (R12)",
    "apiVersion: projectcalico.org/v3\nkind: HostEndpoint\nmetadata:\n  name: x\n  annotations:\n    qos.projectcalico.org/dscp: AF11\nspec: {node: n, interfaceName: eth0}\n",
    [
      '6:5: warning not-enforced HostEndpoint/x metadata.annotations["qos.projectcalico.org/dscp"]: is not enforced: hostward filters packets and does not mark them; remove the annotation',
    ],
  ],
  [
    "an http match in a profile",
    resource("Profile", "egress:\n- action: Allow\n  http: {methods: [GET]}"),
    ["8:11: error not-enforced Profile/x spec.egress[0].http: is not enforced: without it the rule would match more than it says; match the TCP port instead"],
  ],
  [
    "a profile that applies the namespace label",
    resource("Profile", "labelsToApply:\n  projectcalico.org/namespace: x"),
    [
      '7:5: error label-reserved Profile/x spec.labelsToApply["projectcalico.org/namespace"]: Calico itself sets this label, on workloads only; remove this label',
    ],
  ],
  [
    "other rules for the built-in profile",
    resource("Profile", "ingress:\n- action: Deny", "projectcalico-default-allow"),
    ["1:1: error built-in Profile/projectcalico-default-allow: this profile is built in: it allows everything and can not be changed; use another name"],
  ],
  [
    "another order for a built-in tier",
    resource("Tier", "order: 5", "default"),
    ["1:1: error built-in Tier/default: this tier is built in, with order 1000000 and defaultAction Deny, and can not be changed; use a tier of another name"],
  ],
  [
    "an action that no tier has by default",
    resource("Tier", "defaultAction: Allow"),
    ['6:18: error field-value Tier/x spec.defaultAction: expected Deny or Pass, got "Allow"'],
  ],
  [
    "the namespace label on a set (R5)",
    "apiVersion: projectcalico.org/v3\nkind: GlobalNetworkSet\nmetadata:\n  name: x\n  labels:\n    projectcalico.org/namespace: a\n",
    [
      '6:5: error label-reserved GlobalNetworkSet/x metadata.labels["projectcalico.org/namespace"]: Calico itself sets this label, on sets that belong to a namespace; remove this label',
    ],
  ],
  [
    "a range of addresses in a set",
    resource("GlobalNetworkSet", "nets:\n- 10.0.0.0-10.0.0.9"),
    [
      '7:5: error field-value GlobalNetworkSet/x spec.nets[0]: expected a CIDR or an address, got "10.0.0.0-10.0.0.9"; write the range as CIDRs: "10.0.0.0/29", "10.0.0.8/31"',
    ],
  ],
  [
    "Felix' configuration",
    resource("FelixConfiguration", "logSeverityScreen: Info"),
    [
      "1:1: warning not-enforced FelixConfiguration/x: FelixConfiguration is not enforced: settings are not manifests; give it to hostward as the settings file (--config), or set the same names there",
    ],
  ],
]);
