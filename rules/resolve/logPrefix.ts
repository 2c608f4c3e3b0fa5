// The prefix of a Log rule's kernel message: the setting's text with the policy's names filled in (M50), within what nf_log holds.

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
  return cutToBytes(`${template.replaceAll(/%[tknp]/g, (verb) => values[verb] ?? verb)}: `, maxBytes);
}

/** The longest start of the text that is at most so many bytes of UTF-8 and ends between characters. */
function cutToBytes(text: string, limit: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += utf8Length(character.codePointAt(0) ?? 0);
    if (bytes > limit) break;
    end += character.length;
  }
  return text.slice(0, end);
}

function utf8Length(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}
