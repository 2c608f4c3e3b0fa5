// Free text made fit for nft: what is replaced, and where it is cut.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { commentText, logPrefixText, originComment } from "../../../rules/ruleset/comment.ts";
import type { Origin } from "../../../rules/ruleset/types.ts";
import { cutUtf8, decodeUtf8, encodeUtf8 } from "../../../rules/ruleset/utf8.ts";

const origins: readonly (readonly [Origin, string])[] = [
  [{ kind: "GlobalNetworkPolicy", name: "default.web", direction: "ingress", index: 0 }, "GlobalNetworkPolicy default.web ingress rule 0"],
  [{ kind: "Tier", name: "default", direction: "egress", note: "end of tier" }, "Tier default egress: end of tier"],
  [{ kind: "hostward", name: "conntrack", note: "established, related" }, "hostward conntrack: established, related"],
  [{ kind: "Profile", name: 'a"b\nc\u2028d' }, "Profile a'b c d"],
];

test("an origin becomes a line that says kind, name, direction, rule and note", () => {
  for (const [origin, expected] of origins) assert.equal(originComment(origin), expected);
});

test("a long name is cut, so that direction and rule stay", () => {
  const comment = originComment({ kind: "GlobalNetworkPolicy", name: "ä".repeat(200), direction: "ingress", index: 1023 });
  assert.match(comment, /^GlobalNetworkPolicy ä+… ingress rule 1023$/);
  assert.ok(Buffer.byteLength(comment) <= 128 && Buffer.byteLength(comment) >= 126);
});

test("a note that alone is too long is cut at the end", () => {
  const comment = originComment({ kind: "k", name: "n", note: "x".repeat(300) });
  assert.equal(Buffer.byteLength(comment), 128);
});

test("no text is longer than its limit in bytes, none has a quote, a control or half a character", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300, unit: "binary" }), (text) => {
      const all = [commentText(text), logPrefixText(text), originComment({ kind: text, name: text, note: text, index: 3 })];
      for (const one of all) {
        assert.ok(Buffer.byteLength(one) <= 128, one);
        assert.doesNotMatch(one, /["\p{Cc}\p{Zl}\p{Zp}]/u);
        assert.ok(one.isWellFormed());
      }
      assert.ok(Buffer.byteLength(logPrefixText(text)) <= 127);
      assert.ok(!logPrefixText(text).includes("$"));
    }),
  );
});

test("a cut never splits a character and takes all that fits", () => {
  assert.equal(cutUtf8("aé€😀", 1), "a");
  assert.equal(cutUtf8("aé€😀", 2), "a");
  assert.equal(cutUtf8("aé€😀", 3), "aé");
  assert.equal(cutUtf8("aé€😀", 9), "aé€");
  assert.equal(cutUtf8("aé€😀", 10), "aé€😀");
});

test("UTF-8 is what Node says it is, in both directions", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.deepEqual(Buffer.from(encodeUtf8(text)), Buffer.from(text.toWellFormed()));
      assert.equal(decodeUtf8(encodeUtf8(text)), text.toWellFormed());
    }),
  );
});

test("bytes that are not UTF-8 are read as replacement characters, the rest as it is", () => {
  assert.equal(decodeUtf8(Uint8Array.of(0x61, 0xff, 0x62)), "a\ufffdb");
  assert.equal(decodeUtf8(Uint8Array.of(0xc0, 0x80)), "\ufffd\ufffd");
  assert.equal(decodeUtf8(Uint8Array.of(0xe2, 0x82)), "\ufffd\ufffd");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
      assert.ok(decodeUtf8(bytes).isWellFormed());
    }),
  );
});
