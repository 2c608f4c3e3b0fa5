// Random addresses, prefixes and ranges, dense enough that they meet: half of them from a block of a few hundred addresses.

import fc from "fast-check";
import { addressBits } from "../../../rules/net/address.ts";
import type { Address, AddressRange, Family, Prefix } from "../../../rules/net/types.ts";

export const family: fc.Arbitrary<Family> = fc.constantFrom(4, 6);

const near: Record<Family, bigint> = { 4: 0x0a000000n, 6: 0x20010db8_00000000_00000000_00000000n };

function value(of: Family): fc.Arbitrary<bigint> {
  const close = fc.bigInt(near[of], near[of] + 300n);
  return fc.oneof(close, fc.bigInt(0n, (1n << BigInt(addressBits(of))) - 1n));
}

export const address: fc.Arbitrary<Address> = family.chain((of) => value(of).map((number) => ({ family: of, value: number })));

export const prefix: fc.Arbitrary<Prefix> = family.chain((of) => {
  const bits = addressBits(of);
  return fc.tuple(value(of), fc.oneof(fc.integer({ min: bits - 9, max: bits }), fc.integer({ min: 0, max: bits }))).map(([number, length]) => {
    const shift = BigInt(bits - length);
    return { family: of, address: (number >> shift) << shift, length };
  });
});

export const range: fc.Arbitrary<AddressRange> = family.chain((of) =>
  fc.tuple(value(of), value(of)).map(([a, b]) => ({ family: of, from: a < b ? a : b, to: a < b ? b : a })),
);
