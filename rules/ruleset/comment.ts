// Free text made fit for nftables: an Origin as a rule's comment, a set's definition as its comment, a log prefix. nft has no escapes
// inside quotes, so what would end the quote or start a variable is replaced, and each text is cut to the kernel's limit in bytes (G50, G51).

import type { Origin } from "./types.ts";
import { cutUtf8, encodeUtf8 } from "./utf8.ts";

/** NFTNL_UDATA_COMMENT_MAXLEN: longer comments are refused by nft. */
const COMMENT_BYTES = 128;

/** NF_LOG_PREFIXLEN less its terminating zero. */
const LOG_PREFIX_BYTES = 127;

/** What nearly every comment is made of: one byte a character, nothing to replace. */
const plain = /^[ !#-~]*$/;

/** Controls and line separators, which would tear a terminal or a line apart. */
const control = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

/** `GlobalNetworkPolicy default.web ingress rule 0: note`. Where that is too long the name is cut, so that direction and index stay. */
export function originComment(origin: Origin): string {
  const direction = origin.direction === undefined ? "" : ` ${origin.direction}`;
  const index = origin.index === undefined ? "" : ` rule ${origin.index}`;
  const note = origin.note === undefined ? "" : `: ${origin.note}`;
  const head = `${origin.kind} `;
  const tail = `${direction}${index}${note}`;
  const whole = head + origin.name + tail;
  if (whole.length <= COMMENT_BYTES && plain.test(whole)) return whole;
  const room = COMMENT_BYTES - encodeUtf8(sanitise(head + tail)).length;
  return commentText(`${head}${shorten(sanitise(origin.name), room)}${tail}`);
}

/** The little that a comment tells of an origin, as one with this comment; undefined of none. */
export function originOf(comment: string): Origin | undefined {
  const space = comment.indexOf(" ");
  if (comment === "") return undefined;
  return space === -1 ? { kind: comment, name: "" } : { kind: comment.slice(0, space), name: comment.slice(space + 1) };
}

/** Any text as a comment: quotes become apostrophes, controls spaces, at most 128 bytes. */
export function commentText(text: string): string {
  return cutUtf8(sanitise(text), COMMENT_BYTES);
}

/** A log prefix as it reaches the kernel: as a comment, and `$`, which nft would expand as a variable, becomes `_`. At most 127 bytes. */
export function logPrefixText(text: string): string {
  return cutUtf8(sanitise(text).replaceAll("$", "_"), LOG_PREFIX_BYTES);
}

function sanitise(text: string): string {
  return text.toWellFormed().replaceAll('"', "'").replace(control, " ");
}

function shorten(text: string, limit: number): string {
  if (encodeUtf8(text).length <= limit) return text;
  return limit < 3 ? "" : `${cutUtf8(text, limit - 3)}…`;
}
