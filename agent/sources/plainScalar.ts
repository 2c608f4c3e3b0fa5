// What a scalar of one line stands for: a plain one in YAML 1.2's core schema (10.3.2), with the words that kubectl takes for booleans besides
// (yaml.ts), or one in quotes. As far as it is beyond doubt: rare spellings of numbers and rare escapes are left to the yaml package.

/** The word is something that only the yaml package knows. */
export const doubtful: unique symbol = Symbol("doubtful");

const words: ReadonlyMap<string, boolean | null> = new Map([
  ...["null", "Null", "NULL"].map((word) => [word, null] as const),
  ...["true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"].map((word) => [word, false] as const),
]);

const longestWord = 5;

/** Without a sign, or with a minus; not so long that digits get lost; no zero before others. */
const usualNumber = /^(?:0|-?[1-9]\d{0,14}|-?(?:0|[1-9]\d{0,9})\.\d{1,5})$/;

/** Also octal, hexadecimal, with exponent, infinite. */
const mayBeNumber = /^[-+]?(?:0[xo]|[\d.]*(?:[eE][-+]?\d+)?$|\.(?:inf|nan)$)/i;

/** @param text not empty, without spaces around it */
export function plainScalar(text: string): string | number | boolean | null | typeof doubtful {
  const first = text.charCodeAt(0);
  // A letter begins no number.
  if (first > 57 && first !== 126) {
    const word = text.length > longestWord ? undefined : words.get(text);
    return word === undefined ? text : word;
  }
  if (isAddress(text)) return text;
  if (usualNumber.test(text)) return Number(text);
  return first === 126 || mayBeNumber.test(text) ? doubtful : text;
}

/** Two dots, a slash or a colon are in no number. */
function isAddress(text: string): boolean {
  return text.indexOf(".") !== text.lastIndexOf(".") || text.includes("/") || text.includes(":");
}

const [newline, doubleQuote, singleQuote, backslash] = [10, 34, 39, 92];

/** Behind the closing quote of what opens at `from`; undefined when that is not on the same line. */
export function quotedEnd(text: string, from: number): number | undefined {
  const quote = text.charCodeAt(from);
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === newline) return undefined;
    if (code === backslash && quote === doubleQuote) at++;
    else if (code === quote && quote === singleQuote && text.charCodeAt(at + 1) === quote) at++;
    else if (code === quote) return at + 1;
  }
  return undefined;
}

/** Escapes are read if they are JSON's: YAML has all of them, with the same meaning. */
export function unquoted(quoted: string): string | undefined {
  const content = quoted.slice(1, -1);
  if (quoted.charCodeAt(0) === singleQuote) return content.includes("'") ? content.replaceAll("''", "'") : content;
  if (!content.includes("\\")) return content;
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}
