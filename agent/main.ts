// The program: which commands there are, and how each way to end becomes an exit code.

import { Command, CommanderError } from "@commander-js/extra-typings";
import { applyCommand, planCommand } from "./cli/apply.ts";
import { checkCommand } from "./cli/check.ts";
import { exitCodes, exitCodesHelp, failureOf } from "./cli/exit.ts";
import { explainCommand } from "./cli/explain.ts";
import { getCommand } from "./cli/get.ts";
import { renderCommand } from "./cli/render.ts";
import { resetCommand } from "./cli/reset.ts";
import { runCommand } from "./cli/run.ts";
import { statusCommand } from "./cli/status.ts";
import { complain } from "./cli/terminal.ts";
import { version } from "./version.ts";

const description = `Host firewall agent: Calico HostEndpoint resources, enforced on this host by plain nftables.

${[
  "Manifests (HostEndpoint, GlobalNetworkPolicy, Profile, Tier, GlobalNetworkSet) in a directory say what may reach this host and what it may reach;",
  "hostward keeps one nftables table, committed atomically, equal to them.",
].join(" ")}`;

const help = `
First steps:
  hostward check  --manifests ./manifests                are the manifests right?
  hostward render --manifests ./manifests --node web-1   what would they become?
  hostward explain --in eth0 --src 192.0.2.9 --dport 22  what would happen to a packet?
  hostward run    --manifests ./manifests --node web-1   enforce them, and follow changes
  hostward status                                        how is the daemon?
${exitCodesHelp}

Every command explains itself: hostward COMMAND --help`;

function createProgram(): Command {
  const program = new Command("hostward")
    .description(description)
    .version(`hostward ${version}`, "-V, --version")
    .addHelpText("after", help)
    .showHelpAfterError("(hostward --help explains the commands)");
  const commands = [
    runCommand(),
    applyCommand(),
    planCommand(),
    renderCommand(),
    explainCommand(),
    checkCommand(),
    statusCommand(),
    getCommand(),
    resetCommand(),
  ];
  for (const command of commands) program.addCommand(command.copyInheritedSettings(program) as unknown as Command);
  for (const command of [program, ...program.commands]) command.exitOverride();
  return program;
}

/** Somebody who reads only the start of the output (`| head`) is no error. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(exitCodes.ok);
});

try {
  await createProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  } else {
    const { exitCode, message } = failureOf(error);
    complain(`hostward: ${message}`);
    process.exitCode = exitCode;
  }
}
