// Sends the packet of every row of a case for real and says where the kernel disagrees with the row: first without hostward's table, where every
// packet must be seen with the state and the interfaces that the row claims (so that a denial is hostward's doing and not the lab's), then with it.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { formatAddress } from "../../rules/net/address.ts";
import type { Interface } from "../../rules/resolve/types.ts";
import type { Case, FlowRow } from "./case.ts";
import { forgetSightings, observerTable, readSightings, type Sighting } from "./observer.ts";
import { type Plan, planPacket } from "./plan.ts";
import type { Wire } from "./wire.ts";

/** Longer than any packet takes; waited for only where one is late. */
const patience = 2000;

/** The case's interfaces and those that its flows name besides (one that is not there yet, one that is gone). */
function interfacesOf({ interfaces, rows }: Case): readonly Interface[] {
  const named = rows.flatMap(({ flow: { packet } }) => [packet.in, packet.out]).filter((name) => name !== undefined);
  const others = [...new Set(named)].filter((name) => !interfaces.some((item) => item.name === name));
  return [...interfaces, ...others.map((name) => ({ name, addresses: [], up: true }))];
}

/** Groups of plans that can be sent with the same routes. */
function roundsOf(plans: readonly Plan[]): readonly (readonly Plan[])[] {
  const rounds: { readonly devices: Map<string, string>; readonly plans: Plan[] }[] = [];
  for (const plan of plans) {
    const wanted = new Map(plan.routes.map(({ destination, device }) => [formatAddress(destination), device]));
    const last = rounds.at(-1);
    const fits = (devices: ReadonlyMap<string, string>) => [...wanted].every(([destination, device]) => (devices.get(destination) ?? device) === device);
    if (last !== undefined && fits(last.devices)) {
      for (const [destination, device] of wanted) last.devices.set(destination, device);
      last.plans.push(plan);
    } else {
      rounds.push({ devices: wanted, plans: [plan] });
    }
  }
  return rounds.map((round) => round.plans);
}

/** Sends all packets and waits until those that are expected have been seen. */
async function observe(wire: Wire, plans: readonly Plan[], isExpected: (plan: Plan) => boolean): Promise<ReadonlyMap<number, Sighting>> {
  for (const round of roundsOf(plans)) {
    await wire.route(round);
    await wire.send(round.map((plan) => plan.send));
  }
  const end = performance.now() + patience;
  const awaited = plans.filter(isExpected);
  while (true) {
    const sightings = new Map((await readSightings(wire.host)).map((sighting) => [sighting.id, sighting]));
    if (awaited.every(({ id }) => sightings.has(id)) || performance.now() > end) return sightings;
    await sleep(10);
  }
}

function rowOf({ rows }: Case, plan: Plan): string {
  const row: FlowRow | undefined = rows[plan.id - 1];
  return `flows.txt:${row?.line}: ${row?.text}`;
}

/** Prepares the host, opens flows and checks that each packet is what its row says and would get through. */
export async function assertDelivered(wire: Wire, loaded: Case): Promise<readonly Plan[]> {
  const plans = loaded.rows.map(({ flow }, index) => planPacket(flow.packet, index + 1));
  await wire.arrange(interfacesOf(loaded));
  await wire.host.nft(observerTable(plans));
  await wire.host.agent.forgetFlows();
  for (const { opening } of plans) await wire.send(opening);
  const sightings = await observe(wire, plans, () => true);
  const wrong = plans.flatMap((plan) => {
    const { state, in: from, out: to } = sightings.get(plan.id) ?? { state: "not seen", in: "", out: "" };
    const actual = { state, in: from, out: to };
    return JSON.stringify(actual) === JSON.stringify(plan.seen) ? [] : [`${rowOf(loaded, plan)}\n  without hostward is ${JSON.stringify(actual)}`];
  });
  assert.equal(wrong.join("\n"), "", "a row describes a packet that the kernel sees otherwise");
  return plans;
}

/** With hostward's table loaded: exactly the allowed packets are seen. */
export async function assertVerdicts(wire: Wire, loaded: Case, plans: readonly Plan[]): Promise<void> {
  await forgetSightings(wire.host);
  const isAllowed = (plan: Plan) => loaded.rows[plan.id - 1]?.flow.verdict === "allow";
  const sightings = await observe(wire, plans, isAllowed);
  const wrong = plans.filter((plan) => sightings.has(plan.id) !== isAllowed(plan));
  assert.equal(wrong.map((plan) => rowOf(loaded, plan)).join("\n"), "", "the kernel decides otherwise");
}
