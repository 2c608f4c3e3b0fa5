// `hostward render`: the ruleset for a node, printed; nothing is read from or written to a kernel's nftables.

import { Command, Option } from "@commander-js/extra-typings";
import { printBytecode } from "../../rules/ruleset/bytecode.ts";
import { printRuleset } from "../../rules/ruleset/print.ts";
import type { Ruleset } from "../../rules/ruleset/types.ts";
import { compilePass } from "../reconcile/pass.ts";
import { policySettings } from "../settings/policy.ts";
import { createStore } from "../store/store.ts";
import { exitCodes } from "./exit.ts";
import { type Flags, flagHelp, hasErrors, interfacesOrExit, manifestsOrExit, settingsOrExit } from "./input.ts";
import { rulesetJson } from "./rulesetJson.ts";
import { complain, complainOf, countProblems, print } from "./terminal.ts";

const forms = ["nft", "json", "bytecode"] as const;
type Form = (typeof forms)[number];

export function renderCommand() {
  return new Command("render")
    .summary("print the ruleset that the manifests give, without touching the kernel")
    .description("Prints the ruleset that the manifests give for a node. Needs no privilege, and with --interfaces works on any machine.")
    .option("--manifests <dir>", flagHelp("manifests"))
    .option("--node <name>", flagHelp("node"))
    .option("--config <file>", flagHelp("config"))
    .option("--interfaces <file>", "YAML list of {name, addresses, up} (default: the interfaces of this host)")
    .addOption(new Option("-o, --output <form>", "nft: a file for `nft -f`; bytecode: as `nft --debug=netlink` shows it").choices(forms).default("nft"))
    .option("--plain", "the rules of each policy one by one, also where the setting optimise makes lookups of them")
    .addHelpText("after", help)
    .action(async ({ interfaces, output, plain, ...flags }) => {
      process.exitCode = await render(flags, interfaces, { form: output as Form, plain: plain === true });
    });
}

const help = `
Problems go to standard error, and the ruleset is that of the valid resources.

Examples:
  hostward render --manifests ./manifests --node web-1
  hostward render --manifests ./manifests --node web-1 --interfaces web-1.yaml -o bytecode

An interfaces file:
  - { name: eth0, addresses: [192.0.2.1, "2001:db8::1"] }
  - { name: lo, addresses: [127.0.0.1, "::1"], up: true }`;

async function render(flags: Flags, interfacesFile: string | undefined, { form, plain }: { readonly form: Form; readonly plain: boolean }): Promise<number> {
  const settings = settingsOrExit(flags);
  const interfaces = await interfacesOrExit(interfacesFile);
  const source = await manifestsOrExit(settings.manifests);
  complainOf(source.problems);
  const store = createStore();
  store.update({ source, interfaces });
  const optimise = settings.optimise && !plain;
  const { ruleset, faults } = compilePass({ node: settings.node, snapshot: store.snapshot(), settings: policySettings(settings), optimise });
  if (faults.length > 0) throw new Error(`the ruleset is faulty, which is a defect of hostward:\n${faults.join("\n")}`);
  print(printAs(form, ruleset));
  if (!hasErrors(source.problems)) return exitCodes.ok;
  complain(`${countProblems(source.problems)} in ${settings.manifests}: the ruleset is that of the valid resources`);
  return exitCodes.problems;
}

function printAs(form: Form, ruleset: Ruleset): string {
  switch (form) {
    case "nft":
      return printRuleset(ruleset);
    case "json":
      return JSON.stringify(rulesetJson(ruleset), undefined, 2);
    case "bytecode":
      return printBytecode(ruleset);
    default:
      return form satisfies never;
  }
}
