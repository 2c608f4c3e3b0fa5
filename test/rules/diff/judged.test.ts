// Every named state to every other, seen by packets: between the batches, and on their way while a batch is committed, no packet is judged as neither the
// ruleset before nor the one after judges it. Not shown here: an entry led elsewhere that a packet finds which keeps to the rules of a moment before,
// when rules and entries change at once; and what diff.ts says of policies before conntrack.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { actualOf, diff } from "../../../rules/diff/diff.ts";
import { simulate } from "../../../rules/explain/simulate.ts";
import type { Packet } from "../../../rules/explain/types.ts";
import { packKeys, packRanges } from "../../../rules/ruleset/keys.ts";
import type { Chain, Hook, NftMap, NftSet, Rule, Ruleset, Scalar } from "../../../rules/ruleset/types.ts";
import { packet } from "../explain/packets.ts";
import { type Model, modelOf, run } from "./model.ts";
import { rulesets } from "./rulesets.ts";

const sources = ["10.1.0.0", "10.1.0.2", "10.1.0.4", "10.2.3.4", "10.3.3.4", "10.0.0.9", "192.0.2.1"];
const packets: readonly Packet[] = [
  ...["eth0", "eth1", "eth9"].flatMap((link) => sources.map((source) => packet({ way: `in:${link}`, source }))),
  ...["udp", "tcp"].flatMap((protocol) => ["fwd:eth0:eth1", "fwd:eth1:eth0", "fwd:eth9:eth8"].map((way) => packet({ way, protocol, port: 1000 }))),
  ...["out:eth0", "out:eth2"].map((way) => packet({ way, source: "10.0.0.1", destination: "10.0.0.9" })),
  packet({ way: "in:eth0", port: 22 }),
  packet({ way: "in:eth0", protocol: "udp", port: 1000 }),
  packet({ way: "in:eth0", source: "fd00::1", destination: "fd00::2" }),
];

function verdicts(ruleset: Ruleset): readonly string[] {
  return packets.map((one) => simulate(ruleset, one).verdict);
}

function basesOf({ chains }: Ruleset): readonly string[] {
  return chains.filter(({ kind }) => kind === "base").map(({ name }) => name);
}

function rulesetOf({ chains, sets, maps }: Model): Ruleset {
  const headed = [...chains].map(([name, { base, slots }]): Chain => {
    const rules = slots.map(({ rule }) => rule as Rule);
    return base === undefined ? { kind: "regular", name, rules } : { kind: "base", name, hook: base.hook as Hook, priority: base.priority, rules };
  });
  return {
    table: "hostward",
    chains: headed,
    sets: [...sets.values()].map(({ declared, elements }): NftSet => ({ ...declared, keys: packed(declared, [...elements.values()]) })),
    maps: [...maps.values()].map(({ declared, entries }): NftMap => ({ ...declared, entries: [...entries.values()] })),
  };
}

function packed({ flavour, types }: NftSet, rows: readonly (readonly Scalar[])[]) {
  if (flavour === "hash") return packKeys(types, rows);
  const numbers = rows.map((row) => row.map((scalar) => (typeof scalar === "object" ? scalar.value : BigInt(scalar as number))));
  return packRanges(
    types[0] ?? "ipv4_addr",
    numbers.map(([from = 0n, to = 0n]) => ({ from, to })),
  );
}

/** What a packet has before it that met the rules before the batch and finds sets and maps as they are after it. */
function inFlight(before: Ruleset, after: Ruleset): Ruleset {
  const maps = before.maps.map((map): NftMap => {
    const left = new Set(after.maps.find(({ name }) => name === map.name)?.entries.map(({ key }) => key.join()));
    return { ...map, entries: map.entries.filter(({ key }) => left.has(key.join())) };
  });
  return { ...before, maps, sets: before.sets.map((set) => after.sets.find(({ name }) => name === set.name) ?? set) };
}

/** What a packet has before it that meets the rules after the batch while interval sets are still as they were before. */
function late(before: Ruleset, after: Ruleset): Ruleset {
  const sets = after.sets.map((set): NftSet => {
    const held = before.sets.find(({ name }) => name === set.name);
    return set.flavour === "hash" ? set : { ...set, keys: held?.keys ?? packRanges("ipv4_addr", []) };
  });
  return { ...after, sets };
}

describe("packets meanwhile", () => {
  for (const [from, before] of Object.entries(rulesets)) {
    test(`from ${from} to each of the others`, () => {
      const first = verdicts(before);
      for (const [to, desired] of Object.entries(rulesets)) {
        const last = verdicts(desired);
        const assertSeen = (seen: Ruleset, when: string) => {
          for (const [at, verdict] of verdicts(seen).entries()) {
            if (verdict === first[at] || verdict === last[at] || (verdict === "deny" && losesBase)) continue;
            assert.fail(`to ${to}, ${when}: ${verdict}, but ${first[at]} before and after: packet ${at}`);
          }
        };
        const losesBase = basesOf(before).some((name) => !basesOf(desired).includes(name));
        const model = modelOf(actualOf(before));
        let held = rulesetOf(model);
        for (const [index, batch] of diff(actualOf(before), desired).batches.entries()) {
          const next = rulesetOf(run(model, { batches: [batch] }));
          assertSeen(next, `after batch ${index}`);
          assertSeen(inFlight(held, next), `on the way in batch ${index}`);
          assertSeen(late(held, next), `at the end of batch ${index}`);
          held = next;
        }
        assert.deepEqual(verdicts(held), last);
      }
    });
  }
});
