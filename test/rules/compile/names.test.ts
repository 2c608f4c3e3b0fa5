// Names: legal for nft, short enough for the kernel, readable where they can be, and never shared by two things.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { endpointChainName, maxNameLength, rulesChainName, setName, tierChainName } from "../../../rules/compile/names.ts";
import type { Place, Voice } from "../../../rules/compile/stages.ts";

const hash = /[a-z2-7]{20}$/;

describe("names", () => {
  const rows: readonly (readonly [title: string, name: string, expected: string | RegExp])[] = [
    ["an endpoint's chain says direction and endpoint", endpointChainName("in", "web-1.eth0"), "ep-in-web-1.eth0"],
    ["the copy for hooks that can reject has a name of its own", endpointChainName("rejout", "web"), "ep-rejout-web"],
    ["a policy's chain says direction and policy", rulesChainName("out", "GlobalNetworkPolicy", "default.allow-dns"), "pol-out-default.allow-dns"],
    ["a profile's chain is not a policy's", rulesChainName("in", "Profile", "default.allow-dns"), "profile-in-default.allow-dns"],
    ["a tier's chain says the tier, and whose it is first", tierChainName("fwd-in", "security", "web-1"), "tier-fwd-in-security/web-1"],
    ["of a tier or an endpoint that nft cannot read it becomes a digest", tierChainName("in", "security", "Web"), /^tier-in_[a-z2-7]{20}$/],
    ["a name that nft cannot read becomes a digest", endpointChainName("in", "Web 1"), /^ep-in_[a-z2-7]{20}$/],
    ["so does one in which letters are upper case", endpointChainName("in", "Web"), /^ep-in_[a-z2-7]{20}$/],
    ["an empty one", endpointChainName("in", ""), /^ep-in_[a-z2-7]{20}$/],
    ["one that is too long", endpointChainName("in", "a".repeat(250)), /^ep-in_[a-z2-7]{20}$/],
    ["the longest that fits stays readable", endpointChainName("in", "a".repeat(249)), /^ep-in-a{249}$/],
    ["another kind of policy becomes a digest, since its name alone does not tell it", rulesChainName("in", "NetworkPolicy", "a"), /^pol-in_[a-z2-7]{20}$/],
    ["a hash set is named after what it stands for", setName("sel4", "hash", ["all()"]), /^sel4-[a-z2-7]{20}$/],
    ["an interval set shows that it is one", setName("sel4", "interval", ["all()"]), /^sel4i-[a-z2-7]{20}$/],
  ];
  for (const [title, name, expected] of rows) {
    test(title, () => {
      if (typeof expected === "string") assert.equal(name, expected);
      else assert.match(name, expected);
    });
  }

  test("the same thing always has the same name", () => {
    assert.equal(endpointChainName("in", "Ünïcode"), endpointChainName("in", "Ünïcode"));
    assert.equal(setName("net6", "interval", [Uint8Array.of(1, 2)]), setName("net6", "interval", [Uint8Array.of(1, 2)]));
  });

  test("two different things never share a name, also when one is named like the other's digest", () => {
    const seen = new Map<string, string>();
    const take = (identity: string, name: string): void => {
      assert.match(name, /^[a-z][a-z0-9._/-]*$/);
      assert(name.length <= maxNameLength, name);
      assert.equal(seen.get(name) ?? identity, identity, name);
      seen.set(name, identity);
    };
    const place = fc.constantFrom<Place>("in", "out", "rejout", "fwd-in", "fwd-out", "pre", "raw-in", "raw-out");
    const voice = fc.constantFrom<Voice>("in", "out", "rejout", "pre", "raw-in", "raw-out");
    const name = fc.oneof(
      fc.string({ unit: fc.constantFrom("a", "-", ".", "i", "n"), maxLength: 6 }),
      fc.string({ unit: "binary", maxLength: 4 }),
      fc.constantFrom("a".repeat(260), "b".repeat(260), "in-a", "rejout-a", "raw-in", "i", "-", "_"),
      // What a name would have to be to look like a digest or like a tier's chain.
      fc.nat().map((index) => [...seen.keys()][index % Math.max(1, seen.size)]?.match(hash)?.[0] ?? "x"),
      fc.nat().map((index) => [...seen.keys()][index % Math.max(1, seen.size)] ?? "y"),
    );
    const kind = fc.constantFrom("GlobalNetworkPolicy", "Profile", "NetworkPolicy");
    fc.assert(
      fc.property(fc.record({ at: place, token: voice, first: name, second: name, which: kind }), ({ at, token, first, second, which }) => {
        take(JSON.stringify(["ep", at, first]), endpointChainName(at, first));
        take(JSON.stringify(["rules", token, which, first]), rulesChainName(token, which, first));
        take(JSON.stringify(["tier", at, first, second]), tierChainName(at, first, second));
        for (const flavour of ["hash", "interval"] as const) {
          for (const set of ["sel4", "sel6", "net4", "named4", "port", "proto"] as const) {
            take(JSON.stringify(["set", set, flavour, first]), setName(set, flavour, [first]));
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
