// `nft list table` made comparable: two tables with the same content list the same whatever the order in which it was created, what their
// counters have counted and in which order a hash set hands out its elements.

const counters = /counter packets \d+ bytes \d+/g;
const elements = /elements = \{([^}]*)\}/g;

function sortElements(_: string, list: string): string {
  const items = list.split(",").map((item) => item.replace(/\s+/g, " ").trim());
  return `elements = { ${items.toSorted().join(", ")} }`;
}

/** Blocks (set, map, chain) in the order of their headings. */
export function comparableListing(text: string): readonly string[] {
  const plain = text.replace(counters, "counter").replace(elements, sortElements);
  const blocks = plain.split(/\n(?=\t\S)/).map((block) => block.trimEnd());
  const [table = "", ...rest] = blocks.filter((block) => block.trim() !== "" && block.trim() !== "}");
  return [table, ...rest.filter((block) => block !== "\t}").toSorted()];
}
