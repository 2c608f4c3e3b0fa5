// What the netlink socket throws into a KernelError: which message of the batch was refused, hence which operation, and the
// attribute at fault by the kernel's own name for it.

import { messageBytes, messageIndex } from "../../native/codec/batch.ts";
import { attributePath } from "../../native/codec/fault.ts";
import { expressionSince } from "../../native/codec/feature.ts";
import { NetlinkError, type NetlinkReply } from "../../native/netlinkError.ts";
import type { Operation } from "../../rules/diff/types.ts";
import { KernelError } from "./interface.ts";
import type { EncodedOperations } from "./operations.ts";
import { notPermitted, refused, staleGeneration } from "./refused.ts";

/** Expressions that refer to something by name: for them ENOENT means that, for others that the kernel lacks the expression. */
const REFERENCES: ReadonlySet<string> = new Set(["lookup", "objref", "immediate"]);

/** `encoded` is the batch that was sent. Errors of other kinds come back as they are. */
export function kernelError(error: unknown, encoded?: EncodedOperations): unknown {
  if (!(error instanceof NetlinkError)) return error;
  switch (error.code) {
    case "NETLINK_PERMISSION":
      return notPermitted(error);
    case "NETLINK_STALE":
      return staleGeneration(error);
    case "NETLINK_REFUSED":
      return encoded ? refusal(error, encoded) : socketError(error);
    case "NETLINK_OVERFLOW":
    case "NETLINK_UNANSWERED":
      return encoded ? unknownOutcome(error) : socketError(error);
    case "NETLINK_INTERRUPTED":
    case "NETLINK_CLOSED":
    case "NETLINK_SYSTEM":
      return socketError(error);
  }
}

function socketError(error: NetlinkError): KernelError {
  return new KernelError("socket", error.message, { cause: error, ...(error.errno === undefined ? {} : { errno: error.errno }) });
}

function unknownOutcome(error: NetlinkError): KernelError {
  const message = `whether the commit has landed is not known: ${error.message}`;
  return new KernelError("unknown", message, { cause: error, ...(error.errno === undefined ? {} : { errno: error.errno }) });
}

/** The first refusal that belongs to an operation; one of the batch's begin is about the commit as a whole. */
function refusal(error: NetlinkError, encoded: EncodedOperations): KernelError {
  const reply = error.replies.find(({ sequence }) => encoded.operationOf(sequence)) ?? error.replies[0];
  if (reply === undefined) return socketError(error);
  const { errno } = reply;
  const operation = encoded.operationOf(reply.sequence);
  const attribute = faultPath(encoded, reply);
  const missing = operation && missingExpression(operation, errno, attribute);
  const more = [reply.message, error.replies.length > 1 ? `${error.replies.length - 1} more refused` : undefined].filter((text) => text !== undefined);
  return refused({
    operation,
    errno,
    attribute,
    cause: error,
    ...(missing === undefined ? {} : { code: "unsupported", meaning: lacking(missing) }),
    ...(more.length > 0 ? { more: more.join("; ") } : {}),
  });
}

function lacking(name: string): string {
  const since = expressionSince(name);
  return `this kernel has no expression "${name}"${since === undefined ? "" : `, which Linux ${since} brought`} (module nft_${name})`;
}

function faultPath(encoded: EncodedOperations, { sequence, attributeOffset }: NetlinkReply): string | undefined {
  const index = messageIndex(encoded, sequence);
  return index === undefined || attributeOffset === undefined ? undefined : attributePath(messageBytes(encoded, index), attributeOffset);
}

function missingExpression(operation: Operation, errno: string, attribute: string | undefined): string | undefined {
  if (operation.object !== "rule" || errno !== "ENOENT") return undefined;
  const name = /^NFTA_RULE_EXPRESSIONS\[\d+\] (\w+)/.exec(attribute ?? "")?.[1];
  return name === undefined || REFERENCES.has(name) ? undefined : name;
}
