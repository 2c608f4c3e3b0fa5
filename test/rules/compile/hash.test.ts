// SHA-256 against the platform's own, and the digest's framing.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { digest, sha256 } from "../../../rules/compile/hash.ts";

function hex(words: Uint32Array): string {
  return [...words].map((word) => word.toString(16).padStart(8, "0")).join("");
}

describe("sha256", () => {
  test("the empty message gives the vector of FIPS 180-4", () => {
    assert.equal(hex(sha256(new Uint8Array(0))), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });

  test("agrees with the platform for every message length around the block borders", () => {
    for (let length = 0; length <= 200; length++) {
      const message = Uint8Array.from({ length }, (_, at) => (at * 37 + length) & 255);
      assert.equal(hex(sha256(message)), createHash("sha256").update(message).digest("hex"), `length ${length}`);
    }
  });
});

describe("digest", () => {
  test("is the first hundred bits, five a character", () => {
    const framed = Uint8Array.from([2, 0, 0, 0, 3, 1, 2, 3]);
    const bits = [...createHash("sha256").update(framed).digest()].map((byte) => byte.toString(2).padStart(8, "0")).join("");
    const expected = Array.from({ length: 20 }, (_, at) => "abcdefghijklmnopqrstuvwxyz234567"[Number.parseInt(bits.slice(at * 5, at * 5 + 5), 2)]).join("");
    assert.equal(digest([Uint8Array.from([1, 2, 3])]), expected);
  });

  test("where a part ends matters, and so does whether it is text or bytes", () => {
    const rows = [["ab"], ["a", "b"], ["", "ab"], ["ab", ""], ["b", "a"], [], [""], [new Uint8Array(0)], [Uint8Array.from([0, 97, 0, 98])]];
    assert.equal(new Set(rows.map(digest)).size, rows.length);
  });

  test("different lists of texts have different digests", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), fc.array(fc.string({ unit: "binary" })), (a, b) => {
        assert.equal(digest(a) === digest(b), JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});
