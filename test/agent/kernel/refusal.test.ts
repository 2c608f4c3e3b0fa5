// What the socket throws, as the KernelError that the agent sees; for refusals that the running kernel cannot be brought to.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { KernelError } from "../../../agent/kernel/interface.ts";
import { encodeOperations } from "../../../agent/kernel/operations.ts";
import { kernelError } from "../../../agent/kernel/refusal.ts";
import { NetlinkError, type NetlinkErrorCode, type NetlinkReply } from "../../../native/netlinkError.ts";
import { addChain, addElements, addRule, addresses, batch, hashSet, jump } from "./operations.ts";

const asked = batch(
  addChain("a"),
  addRule("a", { kind: "log", prefix: "x" }, { kind: "reject", with: "icmpx admin-prohibited" }),
  addElements(hashSet("s", addresses(0, 5000))),
  addChain("b"),
  addRule("a", jump("b")),
);
const encoding = encodeOperations(asked, { firstSequence: 100 });
assert.ok(encoding.ok);
const { encoded } = encoding;

function reply(sequence: number, errno: string, attributeOffset?: number): NetlinkReply {
  return { sequence, errno, attributeOffset, message: undefined };
}

function translate(...replies: readonly NetlinkReply[]): KernelError {
  const error = kernelError(new NetlinkError("NETLINK_REFUSED", "refused", { errno: "EIO", replies }), encoded);
  assert.ok(error instanceof KernelError);
  return error;
}

describe("the operation behind a sequence number", () => {
  const rows: readonly (readonly [string, number, number | undefined])[] = [
    ["the batch's begin has none", 100, undefined],
    ["a chain", 101, 0],
    ["a rule", 102, 1],
    ["the first message of many elements", 103, 2],
    ["the second message of the same elements", 104, 2],
    ["what follows them", 105, 3],
    ["the last", 106, 4],
    ["the batch's end has none", 107, undefined],
    ["a number that is not of this batch", 99, undefined],
  ];
  for (const [name, sequence, index] of rows) {
    test(name, () => assert.equal(encoded.operationOf(sequence), index === undefined ? undefined : asked.operations[index]));
  }
});

describe("a refused batch", () => {
  test("names the first refusal that belongs to an operation", () => {
    const error = translate(reply(100, "ENOMEM"), reply(105, "EEXIST"), reply(106, "ENOENT"));
    assert.equal(error.operation, asked.operations[3]);
    assert.equal(error.message, "add chain b: it is there already (EEXIST); 2 more refused");
  });
  test("speaks of the commit as a whole where no operation is to blame", () => {
    const error = translate(reply(100, "ENOMEM"));
    assert.deepEqual(
      [error.code, error.errno, error.operation, error.message],
      ["refused", "ENOMEM", undefined, "the commit: the kernel has no memory for it (ENOMEM)"],
    );
  });
  test("of an expression that the kernel lacks is unsupported, with the version that brought it", () => {
    const offset = offsetOfExpression("reject", 102);
    const error = translate(reply(102, "ENOENT", offset));
    assert.equal(error.code, "unsupported");
    assert.match(
      error.message,
      /^add rule a .*: this kernel has no expression "reject", which Linux 3\.14 brought \(module nft_reject\) \(ENOENT at NFTA_RULE_EXPRESSIONS\[1\] reject\)$/,
    );
  });
  test("of a rule whose target is missing is no matter of support", () => {
    assert.equal(translate(reply(106, "ENOENT", offsetOfExpression("immediate", 106))).code, "refused");
  });
  test("of a table that another process owns says so", () => {
    const error = translate(reply(105, "EPERM"));
    assert.deepEqual([error.code, error.operation], ["owned", asked.operations[3]]);
    assert.match(error.message, /belongs to another process/);
  });
  test("of a loop of jumps is told alike by kernels with an error number of its own for it", () => {
    for (const errno of ["EMLINK", "ELOOP"]) assert.match(translate(reply(106, errno)).message, /^add rule a jump b .*: jumps go .*in a loop \(E/);
  });
  test("with an error number that nobody expected still names it", () => {
    assert.equal(translate(reply(105, "EBADE")).message, "add chain b: the kernel refused it (EBADE)");
  });
});

describe("an error of the socket", () => {
  const rows: readonly (readonly [NetlinkErrorCode, KernelError["code"]])[] = [
    ["NETLINK_STALE", "stale"],
    ["NETLINK_PERMISSION", "permission"],
    ["NETLINK_OVERFLOW", "socket"],
    ["NETLINK_INTERRUPTED", "socket"],
    ["NETLINK_UNANSWERED", "socket"],
    ["NETLINK_CLOSED", "socket"],
    ["NETLINK_SYSTEM", "socket"],
    ["NETLINK_REFUSED", "socket"],
  ];
  for (const [from, to] of rows) {
    test(`${from} outside of a commit is ${to}`, () => {
      const cause = new NetlinkError(from, "why", { errno: "EIO" });
      const error = kernelError(cause);
      assert.ok(error instanceof KernelError);
      assert.deepEqual([error.code, error.cause], [to, cause]);
    });
  }
  for (const code of ["NETLINK_OVERFLOW", "NETLINK_UNANSWERED"] as const) {
    test(`${code} of a commit leaves open whether it landed`, () => {
      const error = kernelError(new NetlinkError(code, "why"), encoded);
      assert.ok(error instanceof KernelError);
      assert.equal(error.code, "unknown");
    });
  }
  test("an error that is none of the socket's is left as it is", () => {
    const error = new TypeError("a bug");
    assert.equal(kernelError(error), error);
  });
});

/** Where an expression of the rule stands in its message, by its name in the bytes. */
function offsetOfExpression(name: string, sequence: number): number {
  const start = encoded.offsets[sequence - 100] ?? 0;
  const bytes = Buffer.from(encoded.bytes.subarray(start));
  const at = bytes.indexOf(`${name}\0`);
  assert.ok(at > 0, `no expression ${name}`);
  // Before the name: its own header and that of the list's element.
  return at - 8;
}
