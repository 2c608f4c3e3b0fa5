// The multicast monitor against the running kernel: what it delivers, when it lost something, and that it stops.

import "../lab/enter.ts";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { linkDump, type RouteMessage, RTNLGRP_IPV4_ROUTE, RTNLGRP_LINK, readRouteMessages } from "../../native/codec/route.ts";
import { NetlinkError, NetlinkMonitor } from "../../native/index.ts";
import { until } from "../patience.ts";

class Heard {
  readonly monitor: NetlinkMonitor;
  readonly messages: RouteMessage[] = [];
  readonly events: string[] = [];
  bytes = 0;
  onMessages = (): void => {};

  constructor(groups: readonly number[], receiveBuffer?: number) {
    const listener = {
      messages: (bytes: Uint8Array) => {
        this.events.push("messages");
        this.bytes += bytes.length;
        this.messages.push(...readRouteMessages(bytes));
        this.onMessages();
      },
      overflow: () => this.events.push("overflow"),
      failed: (error: NetlinkError) => this.events.push(error.message),
    };
    this.monitor = new NetlinkMonitor("route", groups, listener, receiveBuffer === undefined ? {} : { receiveBuffer });
  }

  get linkNames(): readonly string[] {
    return this.messages.map((message) => (message.kind === "link" ? message.name : message.kind));
  }
}

function ip(...lines: readonly string[]): void {
  execFileSync("ip", ["-batch", "-"], { input: lines.join("\n") });
}

// A link tells of its changes only while it is up.
ip("link add one type veth peer name two", "link set one up", "link set two up");

test("changes of a group's objects are delivered in their order, and of other groups not", async () => {
  const heard = new Heard([RTNLGRP_LINK]);
  ip("link set one alias x", "address add 10.0.0.1/32 dev one", "link set two alias y", "link set one alias z");
  await until(() => heard.linkNames.includes("two") && heard.linkNames.at(-1) === "one");
  assert.deepEqual(
    heard.linkNames.filter((name, index, all) => name !== all[index - 1]),
    ["one", "two", "one"],
  );
  heard.monitor.close();
});

test("several groups share one monitor", async () => {
  const heard = new Heard([RTNLGRP_LINK, RTNLGRP_IPV4_ROUTE]);
  ip("link set one alias w", "address add 10.0.0.2/32 dev one");
  await until(() => heard.linkNames.includes("one") && heard.linkNames.includes("localRoute"));
  heard.monitor.close();
});

test("what came while the event loop was busy is delivered at once and whole", async () => {
  const heard = new Heard([RTNLGRP_LINK]);
  ip(...Array.from({ length: 200 }, (_, index) => `link set one alias a${index}`));
  await until(() => heard.messages.length >= 200);
  assert.deepEqual(heard.events, ["messages"]);
  heard.monitor.close();
});

test("a reader that is slow for too long hears of the overflow, after the messages from before", async () => {
  const heard = new Heard([RTNLGRP_LINK], 64 * 1024);
  ip(...Array.from({ length: 8000 }, (_, index) => `link set one alias b${index}`));
  await until(() => heard.events.includes("overflow"));
  assert.ok(heard.bytes >= 4 * 1024 * 1024, `${heard.bytes} bytes`);
  assert.equal(heard.events[0], "messages");
  const before = heard.messages.length;
  ip("link set two alias after");
  await until(() => heard.messages.length > before && heard.linkNames.at(-1) === "two");
  heard.monitor.close();
});

test("after close, also inside a callback, nothing more is heard", async () => {
  const heard = new Heard([RTNLGRP_LINK]);
  heard.onMessages = () => heard.monitor.close();
  ip("link set one alias c");
  await until(() => heard.events.length > 0);
  ip("link set one alias d");
  const closed = new Heard([RTNLGRP_LINK]);
  ip("link set one alias e");
  closed.monitor.close();
  closed.monitor.close();
  closed.monitor.ref().unref();
  await sleep(50);
  assert.deepEqual([heard.events, closed.events], [["messages"], []]);
});

test("a thousand monitors leave neither a descriptor nor a thread", async () => {
  const count = (what: string) => readdirSync(`/proc/self/${what}`).length;
  const before = [count("fd"), count("task")];
  for (let round = 0; round < 1000; round++) new Heard([RTNLGRP_LINK]).monitor.close();
  await until(() => count("task") === before[1]);
  assert.deepEqual([count("fd"), count("task")], before);
});

test("a group that the kernel does not have is an error with the system call's name", () => {
  assert.throws(
    () => new Heard([9999]),
    (error) => error instanceof NetlinkError && error.code === "NETLINK_SYSTEM" && error.syscall === "setsockopt" && error.errno === "EINVAL",
  );
});

for (const groups of [[], [0], [-1], [1.5]]) {
  test(`groups ${JSON.stringify(groups)} are refused before the kernel sees them`, () => {
    assert.throws(() => new Heard(groups), TypeError);
  });
}

test("a monitor that has left its group hears nothing of it until it joins again, and loses nothing that came before", async () => {
  const heard = new Heard([RTNLGRP_LINK]);
  ip("link set one alias before");
  heard.monitor.leave(RTNLGRP_LINK);
  ip("link set two alias meanwhile");
  heard.monitor.join(RTNLGRP_LINK);
  ip("link set one alias after");
  await until(() => heard.linkNames.length >= 2);
  await sleep(20);
  assert.deepEqual([...new Set(heard.linkNames)], ["one"]);
  heard.monitor.close();
});

test("what a monitor asks is answered among its own messages", async () => {
  const asking = new Heard([RTNLGRP_IPV4_ROUTE]);
  const silent = new Heard([RTNLGRP_IPV4_ROUTE]);
  asking.monitor.send(linkDump(1));
  await until(() => asking.linkNames.length > 2);
  assert.ok(asking.linkNames.includes("one"));
  assert.deepEqual(silent.linkNames, []);
  assert.notEqual(asking.monitor.portId, silent.monitor.portId);
  for (const { monitor } of [asking, silent]) monitor.close();
});

test("a closed monitor neither joins, leaves nor sends", () => {
  const { monitor } = new Heard([RTNLGRP_LINK]);
  monitor.close();
  for (const act of [() => monitor.join(RTNLGRP_LINK), () => monitor.leave(RTNLGRP_LINK), () => monitor.send(linkDump(1)), () => monitor.portId])
    assert.throws(act, (error) => error instanceof NetlinkError && error.code === "NETLINK_CLOSED");
});

test("a group that there is not cannot be joined", () => {
  const { monitor } = new Heard([RTNLGRP_LINK]);
  assert.throws(
    () => monitor.join(100_000),
    (error) => error instanceof NetlinkError && error.syscall === "setsockopt",
  );
  monitor.close();
});
