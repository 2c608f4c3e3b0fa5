// Expressions beside the attributes that nft 1.0.6 sends for a statement, taken with strace: goldens that this project did not make.

import type { Expression } from "../../../rules/ruleset/expression.ts";
import { fromHex } from "./tree.ts";

const four = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
const eth0 = fromHex("65746830000000000000000000000000");

/** nft statement, our expression, the kernel's name for it and the attributes that `nft -f` sends, taken with strace. */
export const sentByNft: readonly (readonly [string, Expression, string, string])[] = [
  ["iif 1 loads the interface's index", { kind: "meta", key: "iif", dreg: 1 }, "meta", "08000200000000040800010000000001"],
  ["oif", { kind: "meta", key: "oif", dreg: 1 }, "meta", "08000200000000050800010000000001"],
  ["oifname", { kind: "meta", key: "oifname", dreg: 1 }, "meta", "08000200000000070800010000000001"],
  ["meta mark", { kind: "meta", key: "mark", dreg: 1 }, "meta", "08000200000000030800010000000001"],
  ["meta protocol", { kind: "meta", key: "protocol", dreg: 1 }, "meta", "08000200000000010800010000000001"],
  ["meta nfproto", { kind: "meta", key: "nfproto", dreg: 1 }, "meta", "080002000000000f0800010000000001"],
  ["meta l4proto", { kind: "meta", key: "l4proto", dreg: 1 }, "meta", "08000200000000100800010000000001"],
  ["meta mark set 0x20: the constant", { kind: "immediate", dreg: 1, data: four(0x20, 0, 0, 0) }, "immediate", "08000100000000010c0002800800010020000000"],
  ["meta mark set 0x20: the store", { kind: "metaSet", key: "mark", sreg: 1 }, "meta", "08000200000000030800030000000001"],
  [
    "ip saddr",
    { kind: "payload", base: "network", offset: 12, length: 4, dreg: 1 },
    "payload",
    "08000100000000010800020000000001080003000000000c0800040000000004",
  ],
  [
    "tcp dport",
    { kind: "payload", base: "transport", offset: 2, length: 2, dreg: 1 },
    "payload",
    "0800010000000001080002000000000208000300000000020800040000000002",
  ],
  [
    "ether saddr",
    { kind: "payload", base: "link", offset: 6, length: 6, dreg: 1 },
    "payload",
    "0800010000000001080002000000000008000300000000060800040000000006",
  ],
  ['iifname "eth0"', { kind: "cmp", op: "eq", sreg: 1, data: eth0 }, "cmp", "08000100000000010800020000000000180003801400010065746830000000000000000000000000"],
  ["l4proto tcp, one byte", { kind: "cmp", op: "eq", sreg: 1, data: four(6) }, "cmp", "080001000000000108000200000000000c0003800500010006000000"],
  ["ip saddr != 10.0.0.1", { kind: "cmp", op: "neq", sreg: 1, data: four(10, 0, 0, 1) }, "cmp", "080001000000000108000200000000010c000380080001000a000001"],
  ["tcp sport < 5", { kind: "cmp", op: "lt", sreg: 1, data: four(0, 5) }, "cmp", "080001000000000108000200000000020c0003800600010000050000"],
  ["tcp dport 80-90: upper end", { kind: "cmp", op: "lte", sreg: 1, data: four(0, 90) }, "cmp", "080001000000000108000200000000030c00038006000100005a0000"],
  ["tcp sport > 5", { kind: "cmp", op: "gt", sreg: 1, data: four(0, 5) }, "cmp", "080001000000000108000200000000040c0003800600010000050000"],
  ["tcp dport 80-90: lower end", { kind: "cmp", op: "gte", sreg: 1, data: four(0, 80) }, "cmp", "080001000000000108000200000000050c0003800600010000500000"],
  [
    "tcp dport != 80-90",
    { kind: "range", op: "neq", sreg: 1, from: four(0, 80), to: four(0, 90) },
    "range",
    "080001000000000108000200000000010c00038006000100005000000c00048006000100005a0000",
  ],
  [
    "ct state established,related",
    { kind: "bitwise", sreg: 1, dreg: 1, length: 4, mask: four(6, 0, 0, 0), xor: four(0, 0, 0, 0) },
    "bitwise",
    "0800010000000001080002000000000108000300000000040c00048008000100060000000c0005800800010000000000",
  ],
  ["ct state", { kind: "ct", key: "state", dreg: 1 }, "ct", "08000200000000000800010000000001"],
  ["ct direction", { kind: "ct", key: "direction", dreg: 1 }, "ct", "08000200000000010800010000000001"],
  ["ct status", { kind: "ct", key: "status", dreg: 1 }, "ct", "08000200000000020800010000000001"],
  ["ct mark", { kind: "ct", key: "mark", dreg: 1 }, "ct", "08000200000000030800010000000001"],
  ["counter packets 3 bytes 4", { kind: "counter", packets: 3n, bytes: 4n }, "counter", "0c00010000000000000000040c0002000000000000000003"],
  [
    "limit rate 10/minute burst 5 packets",
    { kind: "limit", rate: 10n, unit: 60n, burst: 5, type: "packets", invert: false },
    "limit",
    "0c000100000000000000000a0c000200000000000000003c080003000000000508000400000000000800050000000000",
  ],
  [
    "limit rate over 10 mbytes/second burst 5 kbytes",
    { kind: "limit", rate: 10n << 20n, unit: 1n, burst: 5 << 10, type: "bytes", invert: true },
    "limit",
    "0c0001000000000000a000000c0002000000000000000001080003000000140008000400000000010800050000000001",
  ],
  ['log prefix "x: " level debug', { kind: "log", prefix: "x: ", level: 7 }, "log", "08000200783a20000800050000000007"],
  ["reject with tcp reset", { kind: "reject", type: "tcpReset", code: 0 }, "reject", "08000100000000010500020000000000"],
  ["reject with icmpx admin-prohibited", { kind: "reject", type: "icmpx", code: 3 }, "reject", "08000100000000020500020003000000"],
  ["reject with icmp host-unreachable", { kind: "reject", type: "icmp", code: 1 }, "reject", "08000100000000000500020001000000"],
  ["fib daddr . iif type", { kind: "fib", result: "addrtype", flags: 10, dreg: 1 }, "fib", "080003000000000a08000200000000030800010000000001"],
  ["fib saddr . iif oif", { kind: "fib", result: "oif", flags: 0x29, dreg: 1 }, "fib", "080003000000002908000200000000010800010000000001"],
  ["fib saddr oifname", { kind: "fib", result: "oifname", flags: 1, dreg: 1 }, "fib", "080003000000000108000200000000020800010000000001"],
  ["jump b", { kind: "verdict", verdict: { kind: "jump", chain: "b" } }, "immediate", "0800010000000000180002801400028008000100fffffffd0600020062000000"],
  ["goto b", { kind: "verdict", verdict: { kind: "goto", chain: "b" } }, "immediate", "0800010000000000180002801400028008000100fffffffc0600020062000000"],
  ["accept", { kind: "verdict", verdict: { kind: "accept" } }, "immediate", "0800010000000000100002800c0002800800010000000001"],
  ["drop", { kind: "verdict", verdict: { kind: "drop" } }, "immediate", "0800010000000000100002800c0002800800010000000000"],
  ["return", { kind: "verdict", verdict: { kind: "return" } }, "immediate", "0800010000000000100002800c00028008000100fffffffb"],
  ["notrack", { kind: "notrack" }, "notrack", ""],
];

/** nft also sends the number that the set has in its batch (NFTA_LOOKUP_SET_ID, 4), which the kernel asks for only when there is no such name. */
export const lookupsByNft: readonly (readonly [string, Expression, string])[] = [
  ["ip saddr @h4", { kind: "lookup", set: "h4", sreg: 1, invert: false }, "080002000000000107000100683400000800040000000001"],
  ["ip saddr != @h4", { kind: "lookup", set: "h4", sreg: 1, invert: true }, "0800020000000001070001006834000008000400000000010800050000000001"],
  ["iifname vmap @vm", { kind: "vmap", map: "vm", sreg: 1 }, "0800020000000001080003000000000007000100766d00000800040000000002"],
];

export const counterByName: Expression = { kind: "objref", objectType: 1, name: "cn" };
