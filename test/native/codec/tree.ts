// Attributes as a tree of plain values, so that two encodings can be compared whatever the order of their list numbers. Reads by the
// nested flag, with no code of the codec: an oracle of its own.

export interface Leaf {
  readonly type: number;
  readonly hex: string;
}

export interface Branch {
  readonly type: number;
  readonly nested: readonly Attribute[];
}

export type Attribute = Leaf | Branch;

/** The attributes in these bytes. Elements of a list all count as type 1, as the kernel documents them; nft numbers them. */
export function treeOf(bytes: Uint8Array): readonly Attribute[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const attributes: Attribute[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint16(at, true);
    const flagged = view.getUint16(at + 2, true);
    const payload = bytes.subarray(at + 4, at + length);
    const type = flagged & 0x3fff;
    attributes.push(flagged & 0x8000 ? { type, nested: asList(treeOf(payload)) } : { type, hex: toHex(payload) });
    at += (length + 3) & ~3;
  }
  return attributes;
}

/** All attributes but those of a type, at the top. */
export function without(attributes: readonly Attribute[], ...types: readonly number[]): readonly Attribute[] {
  return attributes.filter(({ type }) => !types.includes(type));
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Nests that are numbered 1, 2, 3 and hold nests themselves are a list as nft writes it. */
function asList(attributes: readonly Attribute[]): readonly Attribute[] {
  const isList = attributes.length > 1 && attributes.every((attribute, index) => attribute.type === index + 1 && "nested" in attribute && holdsNest(attribute));
  return isList ? attributes.map((attribute) => ({ ...attribute, type: 1 })) : attributes;
}

function holdsNest({ nested }: Branch): boolean {
  return nested.some((attribute) => "nested" in attribute);
}
