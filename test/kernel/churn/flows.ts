// The packets that are sent while a host changes, and what becomes of each in every state that it passes.

import { type Counted, type Flow, flood } from "../../lab/flood.ts";
import type { Namespace } from "../../lab/namespace.ts";
import { twin } from "../../lab/twin.ts";

export const host = "10.0.0.1";
export const member = "10.0.0.9";
export const stranger = "192.0.2.77";

export interface Expectation {
  readonly flow: Flow;
  readonly passes: boolean;
  readonly what: string;
}

const lists = ["hash set", "interval set in place", "interval set whose ranges change", "set that changes its flavour", "set that outgrows its capacity"];

function expect(port: number, passes: boolean, what: string, source = member): Expectation {
  return { flow: { source, destination: host, port }, passes, what };
}

const overIPv4: readonly Expectation[] = [
  ...lists.flatMap((list, index) => [
    expect(1001 + index * 2, true, `${list}, allow list, member`),
    expect(1001 + index * 2, false, `${list}, allow list, stranger`, stranger),
    expect(1002 + index * 2, false, `${list}, deny list, member`),
    expect(1002 + index * 2, true, `${list}, deny list, stranger`, stranger),
  ]),
  expect(1011, true, "allowed amid rules that come and go"),
  expect(1012, false, "denied amid rules that come and go"),
  expect(1013, true, "allowed by a rule that is rewritten"),
  expect(1014, false, "denied by a rule that is rewritten"),
  expect(1015, true, "allowed by two policies in turn"),
  expect(1016, false, "denied by two policies in turn"),
  expect(1017, true, "allowed by a policy that moves"),
  expect(1018, false, "denied by a policy that moves"),
  expect(1019, true, "allowed by the profile"),
  expect(1020, false, "denied by the endpoint's end"),
  expect(1021, true, "allowed by a rule, or as a member of a hash set"),
  expect(1022, true, "allowed by a rule, or as a member of an interval set"),
  expect(1023, false, "denied by a rule, or as a member of a hash set"),
  expect(1024, false, "denied by a rule, or as a member of an interval set"),
];

/** Of packets that the host receives. */
export const received: readonly Expectation[] = [...overIPv4, ...overIPv4.map(overIPv6)];

function overIPv6({ flow: { source, destination, port }, passes, what }: Expectation): Expectation {
  return { flow: { source: twin(source), destination: twin(destination), port }, passes, what: `IPv6: ${what}` };
}

/** Of packets that it sends: the same, to whom the others are from. */
export const sent: readonly Expectation[] = received.map(({ flow, passes, what }) => ({
  flow: { source: flow.destination, destination: flow.source, port: flow.port },
  passes,
  what: `sent: ${what}`,
}));

export interface Tally {
  readonly arrived: number;
  readonly forbiddenThrough: number;
  readonly allowedLost: number;
  /** What went wrong, by flow. */
  readonly wrong: readonly string[];
  /** Of the flow with the fewest. */
  readonly least: number;
}

export interface Load {
  readonly peer: Namespace;
  readonly packetsPerSecond: number;
}

export interface Flood {
  readonly counted: readonly Counted[];
  readonly seconds: number;
}

/** Loads the host with all that it receives and sends while something happens. */
export async function floodBothWays(at: Namespace, { peer, packetsPerSecond }: Load, during: () => Promise<void>): Promise<Flood> {
  const half = packetsPerSecond / 2;
  const flows = (expectations: readonly Expectation[]) => expectations.map(({ flow }) => flow);
  let inner: Flood | undefined;
  const outer = await flood({ from: peer, at, flows: flows(received), packetsPerSecond: half }, async () => {
    inner = await flood({ from: at, at, flows: flows(sent), packetsPerSecond: half, direction: "sent" }, during);
  });
  return { counted: [...outer.counted, ...(inner?.counted ?? [])], seconds: outer.seconds };
}

/** @param counted of a flood both ways */
export function tally(counted: readonly Counted[]): Tally {
  const expectations = [...received, ...sent];
  const rows = counted.map(({ arrived, passed }, index) => {
    const { passes, what } = expectations[index] ?? { passes: false, what: "nothing" };
    return { arrived, what, through: passes ? 0 : passed, lost: passes ? arrived - passed : 0 };
  });
  const sum = (read: (row: (typeof rows)[number]) => number): number => rows.reduce((total, row) => total + read(row), 0);
  return {
    arrived: sum(({ arrived }) => arrived),
    forbiddenThrough: sum(({ through }) => through),
    allowedLost: sum(({ lost }) => lost),
    wrong: rows.filter(({ through, lost }) => through !== 0 || lost !== 0).map(({ what, through, lost }) => `${what}: ${through} through, ${lost} lost`),
    least: Math.min(...rows.map(({ arrived }) => arrived)),
  };
}
