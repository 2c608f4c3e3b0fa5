import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { share } from "../../../rules/model/share.ts";
import { isIPv4Mapped } from "../../../rules/net/address.ts";
import { countNetworks, networksOf, noNetworks, prefixesOf } from "../../../rules/net/networks.ts";
import { formatPrefix, parseLoosePrefix } from "../../../rules/net/prefix.ts";
import type { Prefix } from "../../../rules/net/types.ts";
import { prefix } from "./arbitrary.ts";

/** As the parser makes them: none that says IPv6 of what is IPv4. */
const parsed = prefix.filter(({ family, address, length }) => family === 4 || length < 96 || !isIPv4Mapped({ family, value: address }));

test("networks in one piece are those that were put in, in their order, and as many", () => {
  fc.assert(
    fc.property(fc.array(parsed), (prefixes) => {
      const networks = networksOf(prefixes);
      assert.deepEqual(prefixesOf(networks), prefixes);
      assert.equal(countNetworks(networks), prefixes.length);
    }),
    { numRuns: 500 },
  );
});

for (const text of ["0.0.0.0/0", "::/0", "::/96", "::ffff:0.0.0.0/96", "::fffe:0:0/95", "::1:ffff:0:0/96", "0:0:0:1::ffff:a:b/128", "255.255.255.255/32"])
  test(`${text} is the same network when it comes out again`, () => {
    const written = parseLoosePrefix(text) as Prefix;
    assert.deepEqual(prefixesOf(networksOf([written])).map(formatPrefix), [formatPrefix(written)]);
  });

test("the same networks again are the same object; one more, one less, another, and another order are not", () => {
  const nets = (...texts: readonly string[]) => networksOf(texts.map((text) => parseLoosePrefix(text) as Prefix));
  const before = nets("10.0.0.0/8", "2001:db8::/32", "192.0.2.1");
  assert.equal(share(before, nets("10.0.0.0/8", "2001:db8::/32", "192.0.2.1")), before);
  for (const other of [
    nets("10.0.0.0/8", "2001:db8::/32"),
    nets("10.0.0.0/8", "2001:db8::/33", "192.0.2.1"),
    nets("2001:db8::/32", "10.0.0.0/8", "192.0.2.1"),
    noNetworks,
  ])
    assert.equal(share(before, other), other);
});
