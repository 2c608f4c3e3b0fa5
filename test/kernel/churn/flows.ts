// The packets that are sent while a host changes, and what becomes of each in every state that it passes.

import { type Counted, type Direction, type Flow, flood } from "../../lab/flood.ts";
import type { Namespace } from "../../lab/namespace.ts";
import { twin } from "../../lab/twin.ts";

export const host = "10.0.0.1";
export const member = "10.0.0.9";
/** Behind the host. */
export const inner = "10.1.0.9";
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

function overIPv6({ flow: { source, destination, port }, passes, what }: Expectation): Expectation {
  return { flow: { source: twin(source), destination: twin(destination), port }, passes, what: `IPv6: ${what}` };
}

const received: readonly Expectation[] = [...overIPv4, ...overIPv4.map(overIPv6)];

/** What is sent from there is for those whom the others are from. */
function backwards({ source, destination, port }: Flow): Flow {
  return { source: destination, destination: source, port };
}

function toInner(flow: Flow): Flow {
  return { ...flow, destination: flow.destination === host ? inner : twin(inner) };
}

/** Profiles do not judge what is forwarded: there the last tier ends in a denial. */
function isForwarded(port: number, passes: boolean): boolean {
  return passes && port !== 1019;
}

/** Of packets that the host receives, that it sends, that it forwards to those behind it, and from them. */
const expectations: Readonly<Record<Direction, readonly Expectation[]>> = {
  received,
  sent: received.map(({ flow, passes, what }) => ({ flow: backwards(flow), passes, what: `sent: ${what}` })),
  "forwarded in": received.map(({ flow, passes, what }) => ({ flow: toInner(flow), passes: isForwarded(flow.port, passes), what: `forwarded in: ${what}` })),
  "forwarded out": received.map(({ flow, passes, what }) => ({
    flow: backwards(toInner(flow)),
    passes: isForwarded(flow.port, passes),
    what: `forwarded out: ${what}`,
  })),
};

const ways = Object.keys(expectations) as readonly Direction[];

export interface Tally {
  readonly arrived: number;
  readonly forbiddenThrough: number;
  readonly allowedLost: number;
  /** What went wrong, by flow. */
  readonly wrong: readonly string[];
  /** Of the flow with the fewest. */
  readonly least: number;
}

/** Who sends: the host and those on either side of it. */
export interface Senders {
  readonly host: Namespace;
  readonly peer: Namespace;
  readonly inner: Namespace;
}

export interface Flood {
  readonly counted: readonly Counted[];
  readonly seconds: number;
}

/** Loads the host with all that it receives, sends and forwards while something happens. */
export async function floodEveryWay({ host: at, peer, inner: behind }: Senders, packetsPerSecond: number, during: () => Promise<void>): Promise<Flood> {
  const from: Readonly<Record<Direction, Namespace>> = { received: peer, sent: at, "forwarded in": peer, "forwarded out": behind };
  const counted = new Map<Direction, readonly Counted[]>();
  const began = performance.now();
  const work = ways.reduceRight<() => Promise<void>>(
    (next, direction) => async () => {
      const flows = expectations[direction].map(({ flow }) => flow);
      const flooded = await flood({ from: from[direction], at, flows, packetsPerSecond: packetsPerSecond / ways.length, direction }, next);
      counted.set(direction, flooded.counted);
    },
    during,
  );
  await work();
  return { counted: ways.flatMap((direction) => counted.get(direction) ?? []), seconds: (performance.now() - began) / 1000 };
}

/** @param counted of a flood every way */
export function tally(counted: readonly Counted[]): Tally {
  const expected = ways.flatMap((direction) => expectations[direction]);
  const rows = counted.map(({ arrived, passed }, index) => {
    const { passes, what } = expected[index] ?? { passes: false, what: "nothing" };
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
