// One set of members through changes of its peers' lists: the same as made from nothing, whatever was written several times, and where.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { prefixesOf } from "../../../rules/net/networks.ts";
import { formatPrefix } from "../../../rules/net/prefix.ts";
import type { Family } from "../../../rules/net/types.ts";
import { addressDefinition } from "../../../rules/resolve/definitions.ts";
import { LivingSet } from "../../../rules/resolve/memberSet.ts";
import type { Peer } from "../../../rules/resolve/peers.ts";
import { bytesOfKeys } from "../../../rules/ruleset/chunks.ts";
import { endpoint, networkSet, selector } from "./resources.ts";

const definition = addressDefinition(selector("all()"));

/** Few, so that lists repeat them and share them. */
const narrow = ["10.0.0.1/32", "10.0.0.2/32", "10.0.0.3/32", "fd00::1/128", "fd00::2/128"];
const wide = ["10.0.0.0/30", "10.0.0.2/31", "10.9.0.0/16", "fd00::/64"];
const net = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...narrow) }, fc.constantFrom(...wide));

type Lists = Readonly<Record<string, readonly string[] | undefined>>;

function peerOf(name: string, nets: readonly string[]): Peer {
  const addresses = nets.filter((one) => narrow.includes(one)).map((one) => one.replace(/\/.*/, ""));
  return { resource: name === "e" ? endpoint("e", { on: "eth0", ips: addresses }) : networkSet(name, {}, nets), labels: {} };
}

function contentOf(set: LivingSet): unknown {
  const of = (family: Family) => {
    const { flavour, keys } = set.set.members[family];
    return { flavour, count: keys.count, rows: Buffer.from(bytesOfKeys(keys)).toString("hex") };
  };
  return { 4: of(4), 6: of(6) };
}

function isWide(set: LivingSet): boolean {
  return set.set.members[4].flavour === "interval";
}

function fromNothing(lists: Lists): unknown {
  const set = new LivingSet(definition);
  set.change({ removed: [], added: Object.entries(lists).flatMap(([name, nets]) => (nets === undefined ? [] : [peerOf(name, nets)])) });
  return contentOf(set);
}

const name = fc.constantFrom("a", "b", "e");
/** The list as it is from then on, or an edit of it at a place: so many entries out, those in. */
const change = fc.oneof(
  fc.record({ name, list: fc.option(fc.array(net, { maxLength: 8 }), { nil: undefined }) }),
  fc.record({ name, at: fc.nat(8), out: fc.nat(2), put: fc.array(net, { maxLength: 2 }) }),
);

test("a set whose peers' lists were edited holds what one made from nothing holds", () => {
  const seen = { repeats: 0, edits: 0, narrowed: 0 };
  fc.assert(
    fc.property(fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { maxLength: 12 }), (steps) => {
      const set = new LivingSet(definition);
      let lists: Lists = {};
      let peers: Readonly<Record<string, Peer>> = {};
      for (const step of steps) {
        const wasWide = isWide(set);
        const before = peers;
        for (const one of step) {
          const old = lists[one.name] ?? [];
          lists = { ...lists, [one.name]: "list" in one ? one.list : old.toSpliced(one.at, one.out, ...one.put) };
          const now = lists[one.name];
          const { [one.name]: _, ...others } = peers;
          peers = now === undefined ? others : { ...others, [one.name]: peerOf(one.name, now) };
          if ("at" in one && old.length > 2) seen.edits++;
          if (new Set(now).size < (now?.length ?? 0)) seen.repeats++;
        }
        const differs = (others: typeof peers) => (peer: Peer) => !Object.values(others).includes(peer);
        set.change({ removed: Object.values(before).filter(differs(peers)), added: Object.values(peers).filter(differs(before)) });
        if (wasWide && !isWide(set)) seen.narrowed++;
        assert.deepEqual(contentOf(set), fromNothing(lists), JSON.stringify(lists));
        const written = Object.values(lists).flatMap((nets) => nets ?? []);
        if (!isWide(set)) assert.equal(set.set.members[4].keys.count, new Set(written.filter((one) => one.endsWith("/32"))).size);
      }
    }),
    { numRuns: 2000 },
  );
  assert.ok(seen.repeats > 100 && seen.edits > 100 && seen.narrowed > 100, JSON.stringify(seen));
});

test("a member that is written twice stays until the last of them is gone", () => {
  const set = new LivingSet(definition);
  const steps = [["10.0.0.1/32", "10.0.0.2/32", "10.0.0.1/32"], ["10.0.0.2/32", "10.0.0.1/32"], ["10.0.0.2/32"], []];
  let peer: Peer | undefined;
  const counts = steps.map((nets) => {
    const next = peerOf("a", nets);
    set.change({ removed: peer === undefined ? [] : [peer], added: [next] });
    peer = next;
    return set.set.members[4].keys.count;
  });
  assert.deepEqual(counts, [2, 2, 1, 0]);
  assert.deepEqual(peer?.resource.kind === "GlobalNetworkSet" && prefixesOf(peer.resource.nets).map(formatPrefix), []);
});
