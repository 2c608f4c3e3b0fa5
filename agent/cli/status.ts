// `hostward status`: how the running daemon is, as it tells on its control socket.

import { Command, Option } from "@commander-js/extra-typings";
import { formatProblem } from "../../rules/model/problem.ts";
import { askDaemon } from "../control/client.ts";
import type { Status } from "../control/status.ts";
import { exitCodes } from "./exit.ts";
import { flagHelp, settingsOrExit } from "./input.ts";
import { coloured, print, table, yaml } from "./terminal.ts";

const forms = ["table", "json", "yaml"] as const;
type Form = (typeof forms)[number];

export function statusCommand() {
  return new Command("status")
    .summary("show how the running daemon is: state, endpoints, problems")
    .description("Shows how the running daemon is. The exit code is 0 only if it is in sync.")
    .option("--control <socket>", flagHelp("control"))
    .addOption(new Option("-o, --output <form>", "how to print it").choices(forms).default("table"))
    .addHelpText("after", help)
    .action(async ({ control, output }) => {
      const status = (await askDaemon(settingsOrExit({ control }).control, "/status")) as Status;
      print(printAs(output as Form, status));
      process.exitCode = status.state === "in-sync" ? exitCodes.ok : exitCodes.problems;
    });
}

const help = `
States:
  starting   manifests or interfaces are not read completely, nothing is applied yet
  in-sync    the kernel has the ruleset of the last valid manifests
  degraded   the kernel refused the last ruleset, or resources of it; what was in force of them before still is, and it is tried again

Examples:
  hostward status
  hostward status -o json | jq .state`;

function printAs(form: Form, status: Status): string {
  switch (form) {
    case "json":
      return JSON.stringify(status, undefined, 2);
    case "yaml":
      return yaml(status);
    case "table":
      return statusText(status);
    default:
      return form satisfies never;
  }
}

const colours = { starting: "yellow", "in-sync": "green", degraded: "red" } as const;

/** For people. */
export function statusText(status: Status): string {
  const { state, node, waitingFor, revision, latestRevision, generation, endpoints, problems } = status;
  const pending = latestRevision === revision ? "" : ` (${latestRevision} not applied yet)`;
  const lines = [
    `State:      ${coloured(colours[state], state)}${waitingFor.length === 0 ? "" : `, waiting for ${waitingFor.join(" and ")}`}`,
    `Node:       ${node}`,
    `Revision:   ${revision}${pending}`,
    `Generation: ${generation ?? "-"}`,
    ...repairLines(status.repairs),
    `Daemon:     hostward ${status.version}, process ${status.processId}, since ${status.started}`,
    "",
    endpoints.length === 0 ? "No HostEndpoint is for this node: nothing is policed." : endpointTable(endpoints),
  ];
  if (problems.length > 0) lines.push("", "Problems:", ...problems.map((problem) => `  ${formatProblem(problem)}`));
  return lines.join("\n");
}

function repairLines({ count, last }: Status["repairs"]): readonly string[] {
  if (last === null) return [];
  return [`Repairs:    ${count}, the last at ${last.ended} in ${last.milliseconds.toFixed(1)} ms: ${last.what} (changed by ${last.by})`];
}

function endpointTable(endpoints: Status["endpoints"]): string {
  const rows = endpoints.map(({ name, state, interfaces, wildcard, shadowed, reason }) => {
    const lost = shadowed.map((shadow) => `shadowed on ${shadow.interface} by ${shadow.by}`);
    return [
      name,
      state,
      wildcard ? `* (${interfaces.join(",")})` : interfaces.join(","),
      [...new Set([reason, ...lost])].filter((part) => part !== undefined).join("; "),
    ];
  });
  return table(["ENDPOINT", "STATE", "INTERFACES", "NOTE"], rows);
}
