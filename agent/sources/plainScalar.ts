// What a plain scalar of YAML 1.2's core schema stands for (10.3.2), with the words that kubectl takes for booleans besides (yaml.ts), as far
// as it is beyond doubt: rare spellings of numbers are left to the yaml package.

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
