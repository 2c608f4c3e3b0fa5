// Writes netlink.dumps.json, the real dumps that the netlink fuzzer starts from: `node test/fuzz/recordDumps.ts` on a machine with nft. A
// ruleset with every statement, and things that hostward would not make, are loaded into a namespace and dumped.

import "../lab/enter.ts";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { chainsRequest } from "../../native/codec/chain.ts";
import { NFT_MSG_GETOBJ, NFT_MSG_GETTABLE, NLM_F_DUMP } from "../../native/codec/constants.ts";
import { generationRequest } from "../../native/codec/generation.ts";
import { elementsRequest } from "../../native/codec/listedElements.ts";
import { encodeRequest, readMessages } from "../../native/codec/message.ts";
import { rulesRequest } from "../../native/codec/rule.ts";
import { decodeSet, setsRequest } from "../../native/codec/set.ts";
import { NetlinkSocket } from "../../native/index.ts";
import { printRuleset } from "../../rules/ruleset/print.ts";
import { everyStatement } from "../agent/kernel/rulesets.ts";

const table = "hostward";
const foreign = `table inet ${table} {
  counter hits { packets 3 bytes 4; }
  set ranges { type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.0/8 . 80-90, 1.2.3.4 . 7 }; }
  set timed { type ipv4_addr; flags timeout; elements = { 10.0.0.1 timeout 1h comment "soon gone" }; }
  map data { type ipv4_addr : mark; elements = { 10.0.0.1 : 5 }; }
  chain foreign { meta skuid 0 masquerade; tcp option maxseg size set 1400; counter name "hits" jump web; }
}`;

const { status, stderr } = spawnSync("nft", ["-f", "-"], { encoding: "utf8", input: `${printRuleset(everyStatement(table))}\n${foreign}` });
if (status !== 0) throw new Error(stderr);

const socket = new NetlinkSocket("netfilter");
const dumps: Record<string, string> = {};
const keep = (name: string, bytes: Uint8Array): void => {
  dumps[name] = Buffer.from(bytes).toString("base64");
};
keep("generation", await socket.request(generationRequest(1)));
keep("tables", await socket.dump(encodeRequest({ message: NFT_MSG_GETTABLE, flags: NLM_F_DUMP, sequence: 1 })));
keep("chains", await socket.dump(chainsRequest(1)));
keep("rules", await socket.dump(rulesRequest(table, 1)));
keep("objects", await socket.dump(encodeRequest({ message: NFT_MSG_GETOBJ, flags: NLM_F_DUMP, sequence: 1 })));
const sets = await socket.dump(setsRequest(table, 1));
keep("sets", sets);
for (const { attributes } of readMessages(sets)) {
  const { name } = decodeSet(attributes);
  keep(`elements of ${name}`, await socket.dump(elementsRequest(table, name, 1)));
}
socket.close();
writeFileSync(new URL("netlink.dumps.json", import.meta.url), `${JSON.stringify(dumps, undefined, 2)}\n`);
