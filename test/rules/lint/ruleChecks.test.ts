// The checks of rules and their selectors: what each tells and of what, and where it holds its tongue.

import { endpoint, networkSet, policy, profile, type RuleForm, rule, slice } from "../resolve/resources.ts";
import { both, check, onWeb } from "./checks.ts";

const toPort = (name: string) => rule("Allow", { protocol: 6, to: { ports: [name] } });

check("selector-impossible", [
  {
    name: "of a policy",
    of: [policy("p", { selector: "role == 'web' && role == 'db'" })],
    says: [/GlobalNetworkPolicy\/p spec\.selector: no labels can match role == "web" && role == "db": the policy has no effect; /],
  },
  {
    name: "of a rule's side",
    of: [policy("p", { ...onWeb, ingress: [rule("Allow"), rule("Deny", { from: { selector: "has(a) && !has(a)" } })].toReversed() })],
    says: [/spec\.ingress\[0\]\.source\.selector: no labels can match .*: the rule never matches/],
  },
  {
    name: "of a notSelector, which excludes nothing then",
    of: [policy("p", { ...onWeb, ...both, egress: [rule("Allow", { to: { notSelector: "a in {}" } })] })],
    says: [/spec\.egress\[0\]\.destination\.notSelector: .*nothing is excluded/],
  },
  {
    name: "of a selector and a notSelector together",
    of: [policy("p", { ...onWeb, ingress: [rule("Allow", { from: { selector: "role == 'web'", notSelector: "has(role)" } })] })],
    says: [/spec\.ingress\[0\]\.source\.notSelector: excludes all that the selector role == "web" could match: the rule never matches/],
  },
  { name: "in a direction that is not in types", of: [policy("p", { ...onWeb, egress: [rule("Allow", { to: { selector: "a in {}" } })] })], says: [] },
]);

const tcp = { protocol: 6 };
const open = networkSet("n", { zone: "a" }, ["192.0.2.0/24"]);

check("rule-shadowed", [
  {
    name: "a rule after one that takes everything",
    of: [policy("p", { ...onWeb, ingress: [rule("Allow"), rule("Deny", { from: { nets: ["10.0.0.0/8"] } })] })],
    says: [
      /GlobalNetworkPolicy\/p spec\.ingress\[1\]: rule 0 matches all that this rule matches, and its action is Allow, so this Deny never happens; put this rule before it/,
    ],
  },
  {
    name: "the same again",
    of: [profile("p", { ingress: [rule("Allow", tcp), rule("Allow", tcp)] })],
    says: [/Profile\/p spec\.ingress\[1\]: .*so this one changes nothing; remove one of the two/],
  },
  {
    name: "a narrower network, port and selector",
    of: [
      open,
      policy("p", {
        ...onWeb,
        ingress: [
          rule("Deny", { ...tcp, from: { nets: ["10.0.0.0/9", "10.128.0.0/9"] }, to: { ports: [80, 81] } }),
          rule("Deny", { from: { selector: "has(zone)" } }),
          rule("Allow", { ...tcp, from: { nets: ["10.1.0.0/16"] }, to: { ports: [81] } }),
          rule("Log", { from: { selector: "zone == 'a'" } }),
        ],
      }),
    ],
    says: [/ingress\[2\]: rule 0 /, /ingress\[3\]: rule 1 .*Log never happens/],
  },
  {
    name: "a rule after a Log, a narrower rule, or one of another list",
    of: [
      policy("p", {
        ...onWeb,
        ...both,
        ingress: [rule("Log"), rule("Allow", { ...tcp, to: { ports: [80] } }), rule("Allow", { ...tcp, to: { ports: [80, 81] } }), rule("Deny")],
        egress: [rule("Deny")],
      }),
    ],
    says: [],
  },
]);

const from = (selector: string) => policy("p", { ...onWeb, ingress: [rule("Allow", { from: { selector } })] });

check("empty-address-set", [
  {
    name: "a selector that nothing matches, whatever the ports beside it",
    of: [policy("p", { ...onWeb, ingress: [rule("Allow", { protocol: 6, to: { ports: ["http", 443], selector: "zone == 'a'" } })] })],
    says: [/destination\.selector: zone == "a" selects no address/],
  },
  {
    name: "a selector that nothing matches",
    of: [from("zone == 'a'")],
    says: [/spec\.ingress\[0\]\.source\.selector: zone == "a" selects no address \(no HostEndpoint and no .*has such labels\): the rule never matches; /],
  },
  {
    name: "a set without networks",
    of: [networkSet("n", { zone: "a" }, []), from("zone == 'a'")],
    says: [/\(GlobalNetworkSet 'n' has such labels, but no addresses\)/],
  },
  {
    name: "endpoints without addresses",
    of: [endpoint("b", { on: "eth1", labels: { zone: "a" } }), from("zone == 'a'")],
    says: [/\(HostEndpoint 'b' has such labels, but no addresses\)/],
  },
  {
    name: "a notSelector that nothing matches",
    of: [policy("p", { ...onWeb, ingress: [rule("Deny", { from: { notSelector: "zone == 'a'" } })] })],
    says: [/spec\.ingress\[0\]\.source\.notSelector: zone == "a" selects nothing: no address is excluded/],
  },
  {
    name: "a notSelector that matches a set that is empty at the moment",
    of: [networkSet("n", { zone: "a" }, []), policy("p", { ...onWeb, ingress: [rule("Deny", { from: { notSelector: "zone == 'a'" } })] })],
    says: [],
  },
  {
    name: "an endpoint of another node, or a set",
    of: [endpoint("b", { on: "eth0", node: "host2", ips: ["10.0.0.2"], labels: { zone: "a" } }), open, from("zone == 'a'")],
    says: [],
  },
]);

const service = (form: RuleForm) =>
  policy("p", { ...onWeb, ...both, ...(form.from === undefined ? { egress: [rule("Allow", form)] } : { ingress: [rule("Allow", form)] }) });
const api = slice("api-1", "shop/api", { ips: ["10.2.0.1"], ports: ["TCP/8080"] });

check("empty-address-set", [
  {
    name: "a service that has no EndpointSlices",
    of: [service({ from: { services: { namespace: "shop", name: "api" } } })],
    says: [/spec\.ingress\[0\]\.source\.services: the service 'api' in namespace 'shop' has no endpoints: the rule never matches/],
  },
  {
    name: "a service of another namespace",
    of: [api, service({ to: { services: { namespace: "other", name: "api" } } })],
    says: [/spec\.egress\[0\]\.destination\.services: .*'other'/],
  },
  {
    name: "a service without ports of the protocol",
    of: [api, service({ protocol: 17, to: { services: { namespace: "shop", name: "api" } } })],
    says: [/has no endpoints with UDP ports/],
  },
  {
    name: "a service that has endpoints",
    of: [
      api,
      service({ to: { services: { namespace: "shop", name: "api" } } }),
      policy("q", { ...onWeb, ingress: [rule("Allow", { from: { services: { namespace: "shop", name: "api" } } })] }),
    ],
    says: [],
  },
]);

check("port-undeclared", [
  {
    name: "a name that no endpoint has, with the one that was meant",
    of: [policy("p", { ...onWeb, ingress: [toPort("htpp")] })],
    says: [/spec\.ingress\[0\]\.destination\.ports: the port name 'htpp' matches nothing: no HostEndpoint has a port of that name; did you mean 'http'\?/],
  },
  {
    name: "among notPorts it excludes nothing",
    of: [policy("p", { ...onWeb, ingress: [rule("Deny", { protocol: 6, from: { notPorts: ["dns"] } })] })],
    says: [/source\.notPorts: the port name 'dns' excludes nothing/],
  },
  {
    name: "another protocol",
    of: [policy("p", { ...onWeb, ingress: [rule("Allow", { protocol: 17, to: { ports: ["http"] } })] })],
    says: [/no HostEndpoint has it for UDP/],
  },
  {
    name: "an endpoint without expectedIPs",
    of: [
      endpoint("b", { on: "eth1", ports: [{ name: "dns", protocol: 17, port: 53 }] }),
      policy("p", { ...onWeb, ingress: [rule("Allow", { to: { ports: ["dns"] } })] }),
    ],
    says: [/the HostEndpoints that have it have no expectedIPs; add expectedIPs/],
  },
  {
    name: "an endpoint that the selector does not select",
    of: [open, policy("p", { ...onWeb, ingress: [rule("Allow", { protocol: 6, to: { ports: ["http"], selector: "zone == 'a'" } })] })],
    says: [/no HostEndpoint that the destination's selector selects has it/],
  },
  {
    name: "a port that an endpoint has, of any node and any protocol",
    of: [policy("p", { ...onWeb, ingress: [rule("Allow", { to: { ports: ["http", 443], selector: "role == 'web'" } })] })],
    says: [],
  },
]);
