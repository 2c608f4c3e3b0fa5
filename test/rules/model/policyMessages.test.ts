// What wrong policies are answered: each row is one slip that people make, with every message it gets. These texts are user interface.

import { checkMessages, policy } from "./wrong.ts";

checkMessages([
  [
    "a policy without spec",
    "apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: x}\n",
    ["1:1: error field-missing GlobalNetworkPolicy/x spec: is required and missing; without one the policy would apply to every endpoint and deny everything"],
  ],
  [
    "an order in quotes",
    policy('order: "10"'),
    ['6:10: error field-type GlobalNetworkPolicy/x spec.order: expected a number, got the string "10"; remove the quotes'],
  ],
  ["an infinite order", policy("order: .inf"), ["6:10: error field-value GlobalNetworkPolicy/x spec.order: expected a finite number, got Infinity"]],
  [
    "a boolean in quotes",
    policy('applyOnForward: "true"'),
    ['6:19: error field-type GlobalNetworkPolicy/x spec.applyOnForward: expected true or false, got the string "true"; remove the quotes'],
  ],
  [
    "a type in lower case",
    policy("types: [ingress]"),
    ['6:11: error field-value GlobalNetworkPolicy/x spec.types[0]: expected Ingress or Egress, got "ingress"; did you mean Ingress?'],
  ],
  [
    "a type twice",
    policy("types: [Ingress, Ingress]"),
    ['6:20: error field-duplicate GlobalNetworkPolicy/x spec.types[1]: "Ingress" is in the list already; write it once'],
  ],
  [
    "a type instead of a list of them",
    policy("types: Ingress"),
    [
      '6:10: error field-type GlobalNetworkPolicy/x spec.types: expected a list, got the string "Ingress"; begin each entry with "- ", also when there is only one',
    ],
  ],
  [
    "preDNAT with egress rules (R20 b)",
    policy("preDNAT: true\napplyOnForward: true\negress:\n- action: Allow"),
    [
      "9:3: error field-conflict GlobalNetworkPolicy/x spec.egress: a preDNAT policy has no egress rules: it judges packets as they arrive, before any DNAT; move the egress rules to a policy without preDNAT",
    ],
  ],
  [
    "preDNAT with the type Egress (R20 c)",
    policy("preDNAT: true\napplyOnForward: true\ntypes: [Ingress, Egress]"),
    ['8:20: error field-conflict GlobalNetworkPolicy/x spec.types[1]: a preDNAT policy has no type Egress; write types: ["Ingress"]'],
  ],
  [
    "preDNAT and doNotTrack together (R20 a)",
    policy("preDNAT: true\ndoNotTrack: true\napplyOnForward: true"),
    ["6:12: error field-conflict GlobalNetworkPolicy/x spec.preDNAT: preDNAT and doNotTrack can not both be true; write two policies"],
  ],
  [
    "doNotTrack without applyOnForward (R20 d)",
    policy("doNotTrack: true"),
    [
      "6:15: error field-conflict GlobalNetworkPolicy/x spec.doNotTrack: doNotTrack needs applyOnForward: true, because it judges packets before their route is known; add applyOnForward: true",
    ],
  ],
  [
    "a selector with one equals sign: the column is that of the character",
    policy("selector: role = 'web'"),
    [
      '6:18: error selector-syntax GlobalNetworkPolicy/x spec.selector: expected an operator (==, !=, in, not in, contains, starts with, ends with) after the label "role", found "=", at character 6: role ^= \'web\'',
    ],
  ],
  [
    "a selector in quotes with a word for an operator",
    policy("selector: \"role == 'web' and has(x)\""),
    [
      '6:28: error selector-syntax GlobalNetworkPolicy/x spec.selector: expected "&&", "||" or the end, found "and", at character 15: role == \'web\' ^and has(x)',
    ],
  ],
  [
    "a long selector, of which the message shows a part",
    policy(`selector: ${"has(aaaaaaaaaa) && ".repeat(4)}has (b) && ${"has(cccccccccc) && ".repeat(4)}has(d)`),
    [
      '6:93: error selector-syntax GlobalNetworkPolicy/x spec.selector: expected an operator (==, !=, in, not in, contains, starts with, ends with) after the label "has", found "("; has( is written without a space, at character 81: ...& has(aaaaaaaaaa) && has ^(b) && has(cccccccccc) &&...',
    ],
  ],
  [
    "a selector over several lines: the column is where it begins",
    policy("selector: >-\n  has(a) &&\n  has (b)"),
    [
      '6:13: error selector-syntax GlobalNetworkPolicy/x spec.selector: expected an operator (==, !=, in, not in, contains, starts with, ends with) after the label "has", found "("; has( is written without a space, at character 15: has(a) && has ^(b)',
    ],
  ],
  [
    "global() in a policy's selector (R20 e)",
    policy("selector: global()"),
    [
      "6:13: error field-value GlobalNetworkPolicy/x spec.selector: global() has no meaning here; it is for the namespaceSelector of a rule's source or destination",
    ],
  ],
  [
    "a selector of over 1024 characters",
    policy(`selector: has(a)${" && has(b)".repeat(200)}`),
    ["6:13: error field-limit GlobalNetworkPolicy/x spec.selector: expected at most 1024 characters, got 2006"],
  ],
  [
    "one rule instead of a list",
    policy("ingress:\n  action: Allow"),
    ['7:5: error field-type GlobalNetworkPolicy/x spec.ingress: expected a list, got a mapping; begin each entry with "- ", also when there is only one'],
  ],
  [
    "a field of another kind",
    policy("stagedAction: Set"),
    [
      "6:3: error unknown-field GlobalNetworkPolicy/x spec.stagedAction: there is no such field; the fields here are tier, order, selector, serviceAccountSelector, types, performanceHints, namespaceSelector, doNotTrack, preDNAT, applyOnForward, ingress, egress",
    ],
  ],
]);
