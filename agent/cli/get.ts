// `hostward get KIND [NAME]`: resources as the running daemon has them, or as a directory of manifests has them.

import { Command, Option } from "@commander-js/extra-typings";
import { nearest } from "../../rules/model/nearest.ts";
import { askDaemon } from "../control/client.ts";
import { type ResourceDocument, resourceDocument, writtenKind } from "../control/document.ts";
import { CommandError, exitCodes } from "./exit.ts";
import { flagHelp, manifestsOrExit, settingsOrExit } from "./input.ts";
import { findKind, isOfKind, type Kind, kinds } from "./kinds.ts";
import { complainOf, print, table, yaml } from "./terminal.ts";

const forms = ["table", "wide", "json", "yaml"] as const;
type Form = (typeof forms)[number];

export function getCommand() {
  return new Command("get")
    .summary("show resources of the daemon, or of a directory")
    .description("Shows resources as the running daemon has them or, with --manifests, as the files of a directory have them.")
    .argument("<kind>", "such as hostendpoints; see below")
    .argument("[name]", "only the one with this name")
    .option("--manifests <dir>", "read this directory instead of asking the daemon")
    .option("-n, --namespace <name>", "only those of this namespace")
    .option("--control <socket>", flagHelp("control"))
    .addOption(new Option("-o, --output <form>", "how to print them; json and yaml can be applied again").choices(forms).default("table"))
    .addHelpText("after", help())
    .action(async (kindName, name, { manifests, control, output, namespace }) => {
      const kind = kindOrExit(kindName);
      const all = manifests === undefined ? await fromDaemon(control) : await fromManifests(manifests);
      const ofKind = all.filter((document) => isOfKind(kind, document) && (namespace === undefined || document.metadata.namespace === namespace));
      const wanted = name === undefined ? ofKind : namedOrExit(ofKind, kind, name);
      print(printAs(output as Form, kind, wanted, name !== undefined && wanted.length === 1));
    });
}

function help(): string {
  const names = kinds.map((kind) => `  ${kind.names.join(", ")}`).join("\n");
  return `
Kinds, in any case, also with the API group or its beginning (hostendpoints.projectcalico.org, hostendpoint.p):
${names}

Examples:
  hostward get hostendpoints -o wide
  hostward get hep eth0 -o yaml
  hostward get gnp --manifests ./manifests`;
}

function kindOrExit(given: string): Kind {
  const kind = findKind(given);
  if (kind !== undefined) return kind;
  const meant = nearest(
    given,
    kinds.flatMap(({ names }) => names),
  );
  const hint = meant === undefined ? `there are ${kinds.map(({ names }) => names[1]).join(", ")}` : `did you mean ${meant}?`;
  throw new CommandError(`no kind ${JSON.stringify(given)}; ${hint}`, { exitCode: exitCodes.usage });
}

async function fromDaemon(control: string | undefined): Promise<readonly ResourceDocument[]> {
  return (await askDaemon(settingsOrExit({ control }).control, "/resources")) as readonly ResourceDocument[];
}

async function fromManifests(path: string): Promise<readonly ResourceDocument[]> {
  const { resources, problems } = await manifestsOrExit(path);
  complainOf(problems);
  return resources.map(resourceDocument).sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

/** Neither name has a space, which sorts before all that names have. */
function sortKey({ metadata }: ResourceDocument): string {
  return `${metadata.namespace ?? ""} ${metadata.name}`;
}

/** One, or several of different namespaces. */
function namedOrExit(documents: readonly ResourceDocument[], kind: Kind, name: string): readonly ResourceDocument[] {
  const found = documents.filter(({ metadata }) => metadata.name === name);
  if (found.length > 0) return found;
  const meant = nearest(
    name,
    documents.map(({ metadata }) => metadata.name),
  );
  throw new CommandError(`no ${kind.kind} named ${JSON.stringify(name)}${meant === undefined ? "" : `; did you mean ${meant}?`}`, {
    exitCode: exitCodes.problems,
  });
}

function printAs(form: Form, kind: Kind, documents: readonly ResourceDocument[], isOne: boolean): string {
  const { apiVersion, kind: written } = writtenKind(kind.kind);
  const shown = documents.map(({ spec, ...rest }) => (Object.keys(spec).length === 0 ? rest : { ...rest, spec }));
  switch (form) {
    case "json":
      return JSON.stringify(isOne ? shown[0] : { apiVersion, kind: `${written}List`, items: shown }, undefined, 2);
    case "yaml":
      return shown.map((document) => yaml(document)).join("---\n");
    case "table":
    case "wide": {
      const columns = kind.columns.filter((column) => form === "wide" || column.wide !== true);
      return table(
        columns.map(({ heading }) => heading),
        documents.map((document) => columns.map((column) => column.value(document))),
      );
    }
    default:
      return form satisfies never;
  }
}
