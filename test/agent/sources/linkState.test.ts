// From readings of the kernel to interfaces: H2-H6 and G37 of the semantics, as a table of what is seen when and what shows.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { interfacesOf, type LinkState, nothingKnown, observe, type Reading, showsSame } from "../../../agent/sources/linkState.ts";
import { formatAddress, parseAddress } from "../../../rules/net/address.ts";

const holdBack = 100;

/** "1:eth0+ 10.0.0.1 fe80::1, 2:eth1-" is a link 1 named eth0 that is up and has two addresses, and a link 2 that is down. */
function reading(text: string): Reading {
  const links = text === "" ? [] : text.split(", ");
  const split = links.map((link) => {
    const [head = "", ...addresses] = link.split(" ");
    const [index, name = ""] = head.slice(0, -1).split(":");
    return { index: Number(index), name, running: head.endsWith("+"), addresses };
  });
  const routes = split.flatMap(({ index, addresses }) => addresses.map((address) => ({ index, destination: parse(address) })));
  return { links: split, routes };
}

function parse(text: string) {
  const address = parseAddress(text);
  assert.ok(address, text);
  return address;
}

function shown(state: LinkState): string {
  return interfacesOf(state)
    .map(({ name, up, addresses }) => [`${name}${up ? "+" : "-"}`, ...addresses.map(formatAddress)].join(" "))
    .join(", ");
}

type Step = readonly [at: number, seen: string, shows: string];

const stories: readonly (readonly [string, readonly Step[]])[] = [
  ["nothing is nothing", [[0, "", ""]]],
  ["interfaces and addresses are sorted, IPv4 first", [[0, "3:b- fe80::1 10.0.0.2 10.0.0.1, 2:a+", "a+, b- 10.0.0.1 10.0.0.2 fe80::1"]]],
  ["a link that is down and has no address is there all the same", [[0, "2:eth0-", "eth0-"]]],
  ["loopback has 127.0.0.0 and 127.0.0.1: the prefix is not expanded", [[0, "1:lo+ 127.0.0.0 127.0.0.1 ::1", "lo+ 127.0.0.0 127.0.0.1 ::1"]]],
  [
    "additions show at once",
    [
      [0, "2:eth0-", "eth0-"],
      [1, "2:eth0+ 10.0.0.1", "eth0+ 10.0.0.1"],
      [2, "2:eth0+ 10.0.0.1, 3:eth1-", "eth0+ 10.0.0.1, eth1-"],
    ],
  ],
  [
    "a removed address is forgotten after 100 ms",
    [
      [0, "2:eth0+ 10.0.0.1 10.0.0.2", "eth0+ 10.0.0.1 10.0.0.2"],
      [10, "2:eth0+ 10.0.0.2", "eth0+ 10.0.0.1 10.0.0.2"],
      [109, "2:eth0+ 10.0.0.2", "eth0+ 10.0.0.1 10.0.0.2"],
      [110, "2:eth0+ 10.0.0.2", "eth0+ 10.0.0.2"],
    ],
  ],
  [
    "an address that comes back in time was never gone, and its next removal starts anew",
    [
      [0, "2:eth0+ 10.0.0.1", "eth0+ 10.0.0.1"],
      [10, "2:eth0+", "eth0+ 10.0.0.1"],
      [100, "2:eth0+ 10.0.0.1", "eth0+ 10.0.0.1"],
      [105, "2:eth0+", "eth0+ 10.0.0.1"],
      [204, "2:eth0+", "eth0+ 10.0.0.1"],
      [205, "2:eth0+", "eth0+"],
    ],
  ],
  [
    "an address that moves is on both links for a while",
    [
      [0, "2:a+ 10.0.0.1, 3:b+", "a+ 10.0.0.1, b+"],
      [10, "2:a+, 3:b+ 10.0.0.1", "a+ 10.0.0.1, b+ 10.0.0.1"],
      [110, "2:a+, 3:b+ 10.0.0.1", "a+, b+ 10.0.0.1"],
    ],
  ],
  [
    "down is held back, up is not",
    [
      [0, "2:eth0+", "eth0+"],
      [10, "2:eth0-", "eth0+"],
      [50, "2:eth0+", "eth0+"],
      [60, "2:eth0-", "eth0+"],
      [160, "2:eth0-", "eth0-"],
      [161, "2:eth0+", "eth0+"],
    ],
  ],
  [
    "a deleted link goes after 100 ms, with its addresses",
    [
      [0, "2:eth0+ 10.0.0.1", "eth0+ 10.0.0.1"],
      [10, "", "eth0+ 10.0.0.1"],
      [110, "", ""],
    ],
  ],
  [
    "a link that is replaced by another of its name keeps the name",
    [
      [0, "2:eth0+ 10.0.0.1", "eth0+ 10.0.0.1"],
      [10, "", "eth0+ 10.0.0.1"],
      [20, "7:eth0- 10.0.0.2", "eth0+ 10.0.0.1 10.0.0.2"],
      [110, "7:eth0- 10.0.0.2", "eth0- 10.0.0.2"],
    ],
  ],
  [
    "a rename is the deletion of one and the addition of the other",
    [
      [0, "2:eth0+ 10.0.0.1", "eth0+ 10.0.0.1"],
      [10, "2:lan0+ 10.0.0.1", "eth0+ 10.0.0.1, lan0+ 10.0.0.1"],
      [110, "2:lan0+ 10.0.0.1", "lan0+ 10.0.0.1"],
    ],
  ],
  [
    "of a name that two links share nothing is learnt until one of them has it",
    [
      [0, "2:a+ 10.0.0.1, 3:b+ 10.0.0.2", "a+ 10.0.0.1, b+ 10.0.0.2"],
      [10, "2:a+ 10.0.0.1, 3:a+ 10.0.0.2", "a+ 10.0.0.1, b+ 10.0.0.2"],
      [110, "2:a+ 10.0.0.1, 3:a+ 10.0.0.2", "a+ 10.0.0.1"],
      [500, "2:a+ 10.0.0.1, 3:a+ 10.0.0.2", "a+ 10.0.0.1"],
      [501, "2:c+ 10.0.0.1, 3:a+ 10.0.0.2", "a+ 10.0.0.1 10.0.0.2, c+ 10.0.0.1"],
      [601, "2:c+ 10.0.0.1, 3:a+ 10.0.0.2", "a+ 10.0.0.2, c+ 10.0.0.1"],
    ],
  ],
  [
    "a name first seen on two links does not show",
    [
      [0, "2:a+ 10.0.0.1, 3:a+ 10.0.0.2", ""],
      [1, "2:a+ 10.0.0.1, 3:b+ 10.0.0.2", "a+ 10.0.0.1, b+ 10.0.0.2"],
    ],
  ],
];
for (const [title, steps] of stories) {
  test(title, () => {
    let state = nothingKnown;
    for (const [now, seen, shows] of steps) {
      state = observe(state, reading(seen), { now, holdBack });
      assert.equal(shown(state), shows, `at ${now} ms`);
    }
  });
}

test("routes of a link that the reading does not have are nobody's", () => {
  const { links, routes } = reading("2:a+ 10.0.0.1");
  assert.equal(shown(observe(nothingKnown, { links, routes: [...routes, { index: 9, destination: parse("10.0.0.9") }] }, { now: 0, holdBack })), "a+ 10.0.0.1");
});

const dues: readonly (readonly [string, readonly (readonly [at: number, seen: string])[], number | undefined])[] = [
  ["everything is seen: no need to read again", [[0, "2:a+ 10.0.0.1"]], undefined],
  [
    "the earliest of what is held decides",
    [
      [0, "2:a+ 10.0.0.1 10.0.0.2"],
      [10, "2:a+ 10.0.0.1"],
      [50, "2:a-"],
    ],
    110,
  ],
  [
    "nothing held any more",
    [
      [0, "2:a+"],
      [10, "2:a-"],
      [110, "2:a-"],
    ],
    undefined,
  ],
  [
    "a shared name is looked at again",
    [
      [0, "2:a+, 3:a+"],
      [40, "2:a+, 3:a+"],
    ],
    140,
  ],
];
for (const [title, steps, due] of dues) {
  test(`when to read again: ${title}`, () => {
    const state = steps.reduce((before, [now, seen]) => observe(before, reading(seen), { now, holdBack }), nothingKnown);
    assert.equal(state.readAgainAt, due);
  });
}

const anyReading = fc
  .uniqueArray(
    fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom("a", "b", "c"), fc.constantFrom("+", "-"), fc.subarray(["10.0.0.1", "10.0.0.2", "::1"])),
    {
      selector: ([index]) => index,
    },
  )
  .map((links) => links.map(([index, name, sign, addresses]) => [`${index}:${name}${sign}`, ...addresses].join(" ")).join(", "));

test("whatever happened before: what is seen for long enough is what shows, unless names are shared", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(150), anyReading), { maxLength: 8 }), anyReading, (history, last) => {
      let now = 0;
      let state = nothingKnown;
      for (const [pause, seen] of history) {
        now += pause;
        state = observe(state, reading(seen), { now, holdBack });
      }
      state = observe(state, reading(last), { now, holdBack });
      const names = reading(last).links.map((link) => link.name);
      fc.pre(new Set(names).size === names.length);
      const settled = observe(state, reading(last), { now: now + holdBack, holdBack });
      const fresh = observe(nothingKnown, reading(last), { now, holdBack });
      assert.equal(shown(settled), shown(fresh));
      assert.ok(showsSame(settled, fresh));
      // Nothing that is seen was ever held back.
      for (const key of fresh.facts.keys()) assert.ok(state.facts.has(key), key);
    }),
  );
});
