// The prefix of a Log rule's kernel message: the setting's text with the policy's names filled in (M50), within what nf_log holds.

import { cutUtf8 } from "../ruleset/utf8.ts";

/** NF_LOG_PREFIXLEN is 128 with the final zero; one byte more and the kernel refuses the whole transaction (G50). */
const maxBytes = 127;

export interface LogSubject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Empty for a profile. */
  readonly tier: string;
}

const shortKinds: Readonly<Record<string, string>> = { GlobalNetworkPolicy: "gnp", Profile: "pro" };

/** `%t` tier, `%k` short kind, `%n` name, `%p` namespace/name or name; any other `%x` stays. ": " is appended, then cut to 127 bytes. */
export function expandLogPrefix(template: string, subject: LogSubject): string {
  const { kind, namespace, name, tier } = subject;
  const path = namespace === "" ? name : `${namespace}/${name}`;
  const values: Readonly<Record<string, string>> = { "%t": tier, "%k": shortKinds[kind] ?? kind, "%n": name, "%p": path };
  return cutUtf8(`${template.replaceAll(/%[tknp]/g, (verb) => values[verb] ?? verb)}: `, maxBytes);
}
