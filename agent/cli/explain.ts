// `hostward explain`: what the manifests do with one packet, and why: the way through tiers, policies and rules, and the same packet's way through
// the compiled ruleset. Both engines judge; if they ever differ, that is said louder than the verdict.

import { Command, Option } from "@commander-js/extra-typings";
import { disagreement } from "../../rules/explain/agreement.ts";
import { evaluate } from "../../rules/explain/evaluate.ts";
import { FlowError, parseFlow, parsePacket } from "../../rules/explain/packet.ts";
import { simulate } from "../../rules/explain/simulate.ts";
import type { Packet } from "../../rules/explain/types.ts";
import type { Interface } from "../../rules/resolve/types.ts";
import { compilePass } from "../reconcile/pass.ts";
import { policySettings } from "../settings/policy.ts";
import { createStore } from "../store/store.ts";
import { CommandError, exitCodes } from "./exit.ts";
import { complaintOf, type Explanation, explanationJson, explanationText } from "./explanation.ts";
import { type Flags, flagHelp, hasErrors, interfacesOrExit, manifestsOrExit, settingsOrExit } from "./input.ts";
import { checkInterfaces, flowOf, type PacketFlags } from "./packetFlags.ts";
import { coloured, complain, complainOf, countProblems, print } from "./terminal.ts";

const states = ["new", "established", "related", "invalid", "untracked"] as const;

export function explainCommand() {
  return new Command("explain")
    .summary("tell what happens to a packet, and which rule decides")
    .description(
      "Tells what the manifests do with one packet, which rule decides and why the others do not. Sends nothing, changes nothing, needs no privilege.",
    )
    .argument("[flow]", 'the packet in one line instead of flags: "in:eth0 tcp 10.0.0.9:40000 > 10.0.0.1:22"')
    .option("--in <interface>", "it arrives through this interface; with --out too, it is forwarded")
    .option("--out <interface>", "it leaves through this interface")
    .option("--src <address>", "source address (default for --out: the first address of the interface)")
    .option("--dst <address>", "destination address, before any DNAT (default for --in: the first address of the interface)")
    .option("--proto <protocol>", "tcp, udp, sctp, udplite, icmp, icmpv6 or a number (default: tcp with --dport, ICMP with --icmp)")
    .option("--sport <port>", "source port (default: 40000)")
    .option("--dport <port>", "destination port, before any DNAT")
    .option("--icmp <type/code>", "ICMP or ICMPv6 type, and code (default: an echo request)")
    .addOption(new Option("--state <state>", "of its connection (default: new; untracked for neighbour discovery)").choices(states))
    .option("--hop-limit <number>", "IPv6 hop limit or IPv4 TTL (default: 64; 255 for neighbour discovery)")
    .option("--dnat-to <address[:port]>", "another table's DNAT turns the destination into this")
    .option("--via <interface>", "with --out and --dnat-to: the interface that the route led to before the DNAT")
    .option("--manifests <dir>", flagHelp("manifests"))
    .option("--node <name>", flagHelp("node"))
    .option("--config <file>", flagHelp("config"))
    .option("--interfaces <file>", "YAML list of {name, addresses, up} (default: the interfaces of this host)")
    .option("--all", "show every rule that does not match, not only the ends of long runs")
    .addOption(new Option("-o, --output <form>", "how to print it").choices(["text", "json"]).default("text"))
    .addHelpText("after", help)
    .action(async (flow, { manifests, node, config, interfaces, all, output, ...packet }) => {
      process.exitCode = await explain({ manifests, node, config }, { flow, packet, interfaces, isJson: output === "json", full: all === true });
    });
}

const help = `
The output: what decided is marked, what did not matter is dim, and a rule that does not match says which condition failed first.
The part "by policy" follows the resources; "in the ruleset" are the nftables rules that match, as \`nft list table inet hostward\` has them.

A flow line: in:IF, out:IF or fwd:IF:IF, the protocol, source > destination, and if wanted a state, hop=N, dnat=ADDRESS.
With an expectation at its end (" -> allow" or " -> deny by POLICY") the exit code tells whether it holds.

Exit codes of explain:
  0  explained (and the expectation holds, if there is one), whatever the verdict
  1  another verdict or rule than expected, or the manifests have errors (the valid resources are explained)
  2  wrong command line or settings
  5  policy and compiled ruleset differ: a defect of hostward, please report it

Examples:
  hostward explain --manifests ./manifests --in eth0 --src 10.0.0.9 --dport 22       may 10.0.0.9 log in?
  hostward explain --manifests ./manifests --out eth0 --dst 192.0.2.53 --proto udp --dport 53
  hostward explain --manifests ./manifests --in eth0 --src 10.0.0.9 --icmp 8/0
  hostward explain --manifests ./manifests --in eth0 --out eth1 --src 10.0.0.9 --dst 10.1.0.9 --dport 80
  hostward explain --manifests ./manifests --in eth0 --src 10.0.0.9 --dport 30080 --out cali1 --dst 10.0.0.1 --dnat-to 10.2.0.9:80
  hostward explain --manifests ./manifests --node web-1 --interfaces web-1.yaml 'in:eth0 tcp 10.0.0.9:40000 > 10.0.0.1:22 -> allow'`;

interface Request {
  readonly flow: string | undefined;
  readonly packet: PacketFlags;
  readonly interfaces: string | undefined;
  readonly isJson: boolean;
  /** All steps. */
  readonly full: boolean;
}

async function explain(flags: Flags, { flow, packet, interfaces: file, isJson, full }: Request): Promise<number> {
  const settings = settingsOrExit(flags);
  const interfaces = await interfacesOrExit(file);
  const asked = flow === undefined ? { packet: parsed(() => parsePacket(flowOf(packet, interfaces))) } : flowOrExit(flow, packet, interfaces);
  const source = await manifestsOrExit(settings.manifests);
  complainOf(source.problems);
  const store = createStore();
  store.update({ source, interfaces });
  const { resolved, ruleset, faults } = compilePass({
    node: settings.node,
    snapshot: store.snapshot(),
    settings: policySettings(settings),
    optimise: settings.optimise,
  });
  if (faults.length > 0) throw new Error(`the ruleset is faulty, which is a defect of hostward:\n${faults.join("\n")}`);
  const [meant, compiled] = [evaluate(resolved, asked.packet), simulate(ruleset, asked.packet)];
  const explanation: Explanation = { node: settings.node, ...asked, meant, compiled, difference: disagreement(meant, compiled), resources: source.resources };
  print(isJson ? JSON.stringify(explanationJson(explanation), undefined, 2) : explanationText(explanation, full));
  if (hasErrors(source.problems)) complain(`${countProblems(source.problems)} in ${settings.manifests}: this is what the valid resources do`);
  const complaint = complaintOf(explanation);
  if (complaint !== undefined) complain(coloured("red", complaint.text, process.stderr));
  return complaint?.exitCode ?? (hasErrors(source.problems) ? exitCodes.problems : exitCodes.ok);
}

/** What was asked by a flow line; with an expectation where the line has one. */
function flowOrExit(line: string, flags: PacketFlags, interfaces: readonly Interface[]): Pick<Explanation, "packet" | "expected"> {
  const given = Object.entries(flags).find(([, value]) => value !== undefined);
  if (given !== undefined) throw wrong(`a flow line says it all: leave --${given[0].replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} out`);
  const asked = parsed((): Pick<Explanation, "packet" | "expected"> => {
    if (!line.includes("->")) return { packet: parsePacket(line) };
    const { packet, verdict, by } = parseFlow(line);
    return { packet, expected: { verdict, by } };
  });
  checkInterfaces([asked.packet.in, asked.packet.out, asked.packet.routed], interfaces);
  return asked;
}

function parsed<T extends Packet | Pick<Explanation, "packet">>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof FlowError) throw wrong(error.message);
    throw error;
  }
}

function wrong(message: string): CommandError {
  return new CommandError(message, { exitCode: exitCodes.usage });
}
