// `hostward plan` and `hostward apply`: one pass over manifests and kernel; plan stops before the kernel is changed.

import { Command } from "@commander-js/extra-typings";
import { printPlan } from "../../rules/diff/plan.ts";
import type { Transaction } from "../../rules/diff/types.ts";
import { formatProblem } from "../../rules/model/problem.ts";
import type { Kernel } from "../kernel/interface.ts";
import { applyPass, type CompiledPass, compilePass, planPass } from "../reconcile/pass.ts";
import { successReport } from "../reconcile/report.ts";
import { passProblem } from "../reconcile/trouble.ts";
import { policySettings } from "../settings/policy.ts";
import { createStore } from "../store/store.ts";
import { CommandError, exitCodes } from "./exit.ts";
import { type Flags, flagHelp, hasErrors, hostInterfaces, manifestsOrExit, settingsOrExit } from "./input.ts";
import { complainOf, countProblems, plural, print } from "./terminal.ts";

export function planCommand() {
  return new Command("plan")
    .summary("show what apply would do to the kernel")
    .description("Compares the ruleset that the manifests give with the kernel's and prints the operations that apply would commit. Changes nothing.")
    .option("--manifests <dir>", flagHelp("manifests"))
    .option("--node <name>", flagHelp("node"))
    .option("--config <file>", flagHelp("config"))
    .addHelpText("after", "\nReading the kernel's tables needs root or CAP_NET_ADMIN.\n\nExample:\n  hostward plan --manifests ./manifests")
    .action(async (flags) => {
      const compiled = await compileOrExit(flags);
      const planned = await withKernel((kernel) => planPass(compiled, kernel, undefined));
      print(describeTransaction(planned.transaction));
    });
}

export function applyCommand() {
  return new Command("apply")
    .summary("bring the kernel to what the manifests say, once")
    .description("One pass: reads manifests, interfaces and kernel, commits what differs, and ends. With an error in the manifests nothing is changed.")
    .option("--manifests <dir>", flagHelp("manifests"))
    .option("--node <name>", flagHelp("node"))
    .option("--config <file>", flagHelp("config"))
    .addHelpText(
      "after",
      "\nExamples:\n  hostward apply --manifests ./manifests\n  unshare -rn bin/hostward apply --manifests ./manifests    (try it without root)",
    )
    .action(async (flags) => {
      const compiled = await compileOrExit(flags);
      print(await withKernel((kernel) => apply(compiled, kernel)));
    });
}

async function compileOrExit(flags: Flags): Promise<CompiledPass> {
  const settings = settingsOrExit(flags);
  const [source, interfaces] = await Promise.all([manifestsOrExit(settings.manifests), hostInterfaces()]);
  complainOf(source.problems);
  if (hasErrors(source.problems))
    throw new CommandError(`${countProblems(source.problems)} in ${settings.manifests}: nothing was changed`, { exitCode: exitCodes.problems });
  const store = createStore();
  store.update({ source, interfaces });
  const compiled = compilePass({ node: settings.node, snapshot: store.snapshot(), settings: policySettings(settings), optimise: settings.optimise });
  if (compiled.faults.length > 0) throw new Error(`the ruleset is faulty, which is a defect of hostward:\n${compiled.faults.join("\n")}`);
  return compiled;
}

async function apply(compiled: CompiledPass, kernel: Kernel): Promise<string> {
  const pass = await applyPass(compiled, kernel, undefined).catch((error: unknown) => {
    throw new CommandError(formatProblem(passProblem(error, compiled.input.snapshot.resources)), { exitCode: exitCodes.kernel, cause: error });
  });
  const { counts, operations, generation, milliseconds } = successReport(pass, ["apply"]);
  const size = `${plural(counts.endpoints, "endpoint")}, ${plural(counts.chains, "chain")}, ${plural(counts.rules, "rule")}, ${plural(counts.elements, "element")}`;
  return `applied ${plural(operations, "operation")} in ${(milliseconds.commit ?? 0).toFixed(1)} ms (${size}), generation ${generation}`;
}

function describeTransaction(transaction: Transaction): string {
  return printPlan(transaction) || "nothing to do: the kernel's table is as the manifests say";
}

async function withKernel<T>(use: (kernel: Kernel) => Promise<T>): Promise<T> {
  const { openNetlinkKernel } = await import("../kernel/netlink.ts");
  const kernel = openNetlinkKernel();
  try {
    return await use(kernel);
  } finally {
    kernel.close();
  }
}
