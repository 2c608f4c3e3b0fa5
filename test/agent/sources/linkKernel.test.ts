// The links source on a real kernel: interfaces that come, go, change their names and addresses.

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openLinkKernel } from "../../../agent/sources/linkKernel.ts";
import { type LinksSource, watchLinks } from "../../../agent/sources/links.ts";
import { formatAddress } from "../../../rules/net/address.ts";
import { patienceMilliseconds } from "../../patience.ts";

function ip(...lines: readonly string[]): void {
  execFileSync("ip", ["-batch", "-"], { input: lines.join("\n") });
}

/** "lo+ 127.0.0.1, eth0-". Link-local addresses, which are random and late, only as "fe80::". */
function shown(source: LinksSource): string {
  return source
    .current()
    .map(({ name, up, addresses }) => {
      const texts = addresses.map(formatAddress).map((text) => (text.startsWith("fe80:") ? "fe80::" : text));
      return [`${name}${up ? "+" : "-"}`, ...texts].join(" ");
    })
    .join(", ");
}

async function until(source: LinksSource, expected: string): Promise<number> {
  const began = performance.now();
  while (shown(source) !== expected) {
    assert.ok(performance.now() - began < patienceMilliseconds, `still: ${shown(source)}; expected: ${expected}`);
    await sleep(2);
  }
  return performance.now() - began;
}

async function watch(): Promise<LinksSource> {
  const source = watchLinks({ onChange: () => {}, onProblem: (error) => assert.fail(error) });
  await source.synced;
  return source;
}

const lo = "lo+ 127.0.0.0 127.0.0.1 ::1";

test("a namespace of its own has loopback, with 127.0.0.0 and 127.0.0.1 out of 127.0.0.1/8", async (t) => {
  const source = await watch();
  t.after(() => source.close());
  assert.equal(shown(source), lo);
});

test("the life of an interface", async (t) => {
  const source = await watch();
  t.after(() => source.close());

  ip("link add eth0 type veth peer name peer0");
  await until(source, `eth0-, ${lo}, peer0-`);

  // Without IPv6 link-local addresses, which would come a second later.
  ip("link set eth0 addrgenmode none", "link set peer0 addrgenmode none", "link set eth0 up", "link set peer0 up");
  await until(source, `eth0+, ${lo}, peer0+`);

  ip("address add 10.0.0.1/24 dev eth0", "address add 2001:db8::1/64 dev eth0 nodad");
  await until(source, `eth0+ 10.0.0.1 2001:db8::1, ${lo}, peer0+`);

  ip(
    "route add local 10.9.0.0/16 dev eth0",
    "route add local default dev lo",
    "route add 10.77.0.0/16 dev eth0",
    "route add local 10.78.0.1 dev eth0 table 100",
  );
  await until(source, `eth0+ 10.0.0.1 10.9.0.0 2001:db8::1, ${lo}, peer0+`);

  ip("route del local 10.9.0.0/16 dev eth0", "link set peer0 name peer1");
  await until(source, `eth0+ 10.0.0.1 2001:db8::1, ${lo}, peer1+`);

  ip("address del 10.0.0.1/24 dev eth0");
  const waited = await until(source, `eth0+ 2001:db8::1, ${lo}, peer1+`);
  assert.ok(waited >= 95, `forgotten after ${waited} ms`);

  ip("link set peer1 down");
  await until(source, `eth0- 2001:db8::1, ${lo}, peer1-`);

  ip("link set eth0 down", "link del eth0");
  await until(source, lo);
});

test("what flaps within the 100 ms is not seen to change", async (t) => {
  const changes: string[] = [];
  const source: LinksSource = watchLinks({ onChange: () => changes.push(shown(source)), onProblem: (error) => assert.fail(error) });
  t.after(() => source.close());
  ip("link add flap type veth peer name flip", "link set flip addrgenmode none", "link set flap addrgenmode none", "link set flap up", "link set flip up");
  ip("address add 10.0.0.1/24 dev flap");
  await until(source, `flap+ 10.0.0.1, flip+, ${lo}`);
  changes.length = 0;
  for (let round = 0; round < 20; round++) ip("address flush dev flap", "link set flip down", "address add 10.0.0.1/24 dev flap", "link set flip up");
  await sleep(300);
  assert.deepEqual(changes, []);
  assert.equal(shown(source), `flap+ 10.0.0.1, flip+, ${lo}`);
  ip("link del flap");
  await until(source, lo);
});

test("an interface's IPv6 link-local address is one of its addresses", async (t) => {
  const source = await watch();
  t.after(() => source.close());
  ip("link add left type veth peer name right", "link set right addrgenmode none", "link set left up", "link set right up");
  await until(source, `left+ fe80::, ${lo}, right+`);
  ip("link del left");
  await until(source, lo);
});

test("names that go round in a circle end on the right interfaces", async (t) => {
  const source = await watch();
  t.after(() => source.close());
  ip("link add left type veth peer name right", "address add 10.0.0.1/32 dev left", "address add 10.0.0.2/32 dev right");
  await until(source, `left- 10.0.0.1, ${lo}, right- 10.0.0.2`);
  for (let round = 0; round < 21; round++) ip("link set left name other", "link set right name left", "link set other name right");
  await until(source, `left- 10.0.0.2, ${lo}, right- 10.0.0.1`);
  ip("link del left");
  await until(source, lo);
});

test("a thousand links with addresses come and go", async (t) => {
  const source = await watch();
  t.after(() => source.close());
  const pairs = Array.from({ length: 500 }, (_, index) => index);
  ip(
    ...pairs.map((index) => `link add a${index} group 7 type veth peer name b${index}`),
    ...pairs.map((index) => `address add 10.1.${index >> 8}.${index & 255}/32 dev a${index}`),
  );
  const expected = [...pairs.map((index) => `a${index}- 10.1.${index >> 8}.${index & 255}`), ...pairs.map((index) => `b${index}-`), lo];
  await until(source, expected.toSorted().join(", "));
  const kernel = openLinkKernel();
  const began = performance.now();
  const { links, routes } = await kernel.read();
  kernel.close();
  t.diagnostic(`${links.length} links and ${routes.length} local routes read in ${(performance.now() - began).toFixed(1)} ms`);
  ip("link del group 7");
  await until(source, lo);
});

test("an overflow of notifications loses nothing", async (t) => {
  const source = await watch();
  t.after(() => source.close());
  ip("link add left type veth peer name right", "link set left addrgenmode none", "link set right addrgenmode none", "link set left up", "link set right up");
  // Some 17 MB of notifications while this thread is busy: more than the monitor gathers and its buffer holds.
  ip(...Array.from({ length: 12_000 }, (_, index) => `link set left alias x${index}`), "address add 10.0.0.1/32 dev left", "link del right");
  ip("link add third type veth peer name fourth");
  await until(source, `fourth-, ${lo}, third-`);
  ip("link del third");
});

test("a namespace without IPv6 addresses or any local route is read as it is", async () => {
  const script = `
    import { openLinkKernel } from ${JSON.stringify(new URL("../../../agent/sources/linkKernel.ts", import.meta.url).href)};
    console.log(JSON.stringify(await openLinkKernel().read()));`;
  const output = execFileSync("unshare", ["--net", process.execPath, "--input-type=module-typescript", "--eval", script], { encoding: "utf8" });
  assert.deepEqual(JSON.parse(output), { links: [{ kind: "link", change: "new", index: 1, name: "lo", running: false }], routes: [] });
});
