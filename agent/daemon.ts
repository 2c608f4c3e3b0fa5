// The daemon: sources -> store -> reconciler -> kernel, with log, status socket and service manager as readers of what happens.
// Read from top to bottom. Nothing is changed until every source is in sync, and the rules stay when the daemon ends (semantics 0, row 22).

import { resolve } from "node:path";
import type { Logger } from "pino";
import type { SshAccess } from "../rules/lint/world.ts";
import type { Problem } from "../rules/model/problem.ts";
import { share } from "../rules/model/share.ts";
import type { Interface, PolicySettings } from "../rules/resolve/types.ts";
import { printRuleset } from "../rules/ruleset/print.ts";
import { resourceDocument } from "./control/document.ts";
import type { Metrics } from "./control/metrics.ts";
import { type ControlServer, serveControl } from "./control/server.ts";
import { describeStatus, noPasses, type Passes, type Status, withReport } from "./control/status.ts";
import { createJournal, type Journal } from "./journal.ts";
import type { Kernel } from "./kernel/interface.ts";
import { pinoLevel } from "./log.ts";
import type { PassInput } from "./reconcile/pass.ts";
import { createReconciler, type Reconciler } from "./reconcile/reconciler.ts";
import type { Report } from "./reconcile/report.ts";
import type { LoadedSettings } from "./settings/load.ts";
import { policySettings, takeOver } from "./settings/policy.ts";
import type { Settings } from "./settings/table.ts";
import { watchSettingsFile } from "./settings/watch.ts";
import { watchDirectory } from "./sources/directory.ts";
import { LastGoodFolder } from "./sources/lastGoodFolder.ts";
import type { LinksSource } from "./sources/links.ts";
import { PreviousVersions } from "./sources/previousVersions.ts";
import type { ResourceSource } from "./sources/source.ts";
import type { Watcher } from "./sources/watcher.ts";
import { sameContent } from "./store/sameContent.ts";
import { createStore, type Store } from "./store/store.ts";
import type { ServiceManager } from "./systemd.ts";

/** What the daemon needs of the host; tests bring their own. */
export interface Host {
  readonly kernel: Kernel;
  readonly serviceManager: ServiceManager;
  readonly ssh: SshAccess;
  watchLinks(options: { onChange(interfaces: readonly Interface[]): void; onProblem(error: Error): void }): LinksSource;
}

export interface DaemonOptions {
  readonly settings: Settings;
  /** Reads settings file and environment again. */
  loadSettings(): LoadedSettings;
  readonly version: string;
  readonly log: Logger;
  readonly host: Host;
}

/** @throws Error when the control socket cannot be had */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const daemon = new Daemon(options);
  await daemon.listen();
  daemon.watch();
  return daemon;
}

export class Daemon {
  /** Fulfilled with the first report when no pass can succeed: the privilege is missing. */
  readonly hopeless: Promise<Report>;
  readonly #options: DaemonOptions;
  readonly #started = new Date();
  readonly #store: Store = createStore();
  readonly #journal: Journal;
  readonly #reconciler: Reconciler;
  readonly #previousVersions: PreviousVersions | undefined;
  readonly #waitingFor = new Set(["manifests", "interfaces"]);
  readonly #giveUp: (report: Report) => void;
  #settings: Settings;
  #policySettings: PolicySettings;
  /** Of the settings as they are written now, which are not in force while one of these is an error. */
  #settingsProblems: readonly Problem[] = [];
  #warnings: readonly Problem[] = [];
  #passes: Passes = noPasses;
  #metrics: Promise<Metrics> | undefined;
  #control: ControlServer | undefined;
  #sources: readonly (ResourceSource | LinksSource | Watcher)[] = [];

  constructor(options: DaemonOptions) {
    const { promise, resolve: giveUp } = Promise.withResolvers<Report>();
    this.hopeless = promise;
    this.#giveUp = giveUp;
    this.#options = options;
    this.#settings = options.settings;
    this.#policySettings = policySettings(options.settings);
    this.#journal = createJournal(options.log);
    const { state } = options.settings;
    this.#previousVersions = state === "" ? undefined : new PreviousVersions({ state, onProblem: () => this.#tellProblems() });
    this.#reconciler = createReconciler({
      kernel: options.host.kernel,
      ...(this.#previousVersions && { previousRun: this.#previousVersions }),
      input: () => this.#passInput(),
      onReport: (report) => this.#onReport(report),
      onWarnings: (warnings) => {
        this.#warnings = warnings;
        this.#tellProblems();
      },
      ssh: options.host.ssh,
    });
  }

  async listen(): Promise<void> {
    const { control, node, manifests } = this.#settings;
    this.#control = await serveControl(control, {
      "/status": () => this.status(),
      "/resources": () => this.#store.snapshot().resources.map(resourceDocument),
      "/ruleset": () => this.#rulesetText(),
      "/metrics": async () => (await this.#loadMetrics()).render(this.status()),
    });
    this.#options.log.info({ version: this.#options.version, node, manifests, control: resolve(control) }, "hostward started");
  }

  watch(): void {
    const { host, log } = this.#options;
    this.#tellStatus();
    const onChange = (): void => {
      this.#take("manifests", { source: manifests.current() });
      this.#tellProblems();
    };
    const { manifests: path, state } = this.#settings;
    const lastGood = state === "" ? {} : { lastGood: new LastGoodFolder({ state, manifests: path, onProblem: onChange }) };
    const manifests: ResourceSource = watchDirectory({ path, onChange, ...lastGood });
    const links = host.watchLinks({
      onChange: (interfaces) => this.#take("interfaces", { interfaces }),
      onProblem: (error) => log.warn(`interfaces cannot be read, trying again: ${error.message}`),
    });
    const { config } = this.#settings;
    const file = config === "" ? [] : [watchSettingsFile({ path: config, onChange: () => this.#followSettings() })];
    this.#sources = [manifests, links, ...file];
    void manifests.synced.then(() => this.#inSync("manifests"));
    void links.synced.then(() => this.#inSync("interfaces"));
  }

  #passInput(): PassInput {
    const { node, optimise, tableOwnership: owned } = this.#settings;
    return { node, snapshot: this.#store.snapshot(), settings: this.#policySettings, optimise, owned };
  }

  #take(reason: string, change: Parameters<Store["update"]>[0]): void {
    const isNew = this.#store.update(change);
    if (isNew && this.#waitingFor.size === 0) this.#reconciler.request(reason);
  }

  #inSync(source: string): void {
    this.#waitingFor.delete(source);
    if (this.#waitingFor.size === 0) this.#reconciler.request("start");
  }

  #onReport(report: Report): void {
    const { serviceManager } = this.#options.host;
    const isFirst = this.#passes.lastGood === undefined;
    this.#passes = withReport(this.#passes, report);
    this.#journal.report(report);
    this.#loadMetrics()
      .then((metrics) => metrics.report(report))
      .catch((error: unknown) => this.#options.log.error(`metrics: ${String(error)}`));
    this.#tellStatus();
    if (isFirst && report.outcome !== "failed") serviceManager.ready();
    if (isFirst && report.problems.some(({ code }) => code === "kernel-permission")) this.#giveUp(report);
  }

  /** Not before somebody asks, or the first pass is over: loading them takes longer than most passes. */
  #loadMetrics(): Promise<Metrics> {
    this.#metrics ??= import("./control/metrics.ts").then(({ createMetrics }) => createMetrics());
    return this.#metrics;
  }

  #problems(): readonly Problem[] {
    return [...this.#settingsProblems, ...this.#store.snapshot().problems, ...(this.#previousVersions?.problems ?? []), ...this.#warnings];
  }

  #tellProblems(): void {
    this.#journal.sources(this.#problems());
    this.#tellStatus();
  }

  #tellStatus(): void {
    const { state, revision, endpoints, problems, waitingFor } = this.status();
    const waiting = waitingFor.length === 0 ? "" : `, waiting for ${waitingFor.join(" and ")}`;
    this.#options.host.serviceManager.status(`${state}: revision ${revision}, endpoints ${endpoints.length}, problems ${problems.length}${waiting}`);
  }

  status(): Status {
    const { revision } = this.#store.snapshot();
    const facts = { node: this.#settings.node, version: this.#options.version, started: this.#started, waitingFor: [...this.#waitingFor] };
    return describeStatus({ ...facts, latestRevision: revision, sourceProblems: this.#problems() }, this.#passes);
  }

  #rulesetText(): string {
    const applied = this.#reconciler.applied();
    return applied === undefined ? "" : printRuleset(applied.ruleset);
  }

  /** As at SIGHUP: settings that can change while running are taken over, if all of them are right. */
  reload(): void {
    this.#takeSettings(this.#options.loadSettings());
  }

  /** As at a change of the file, which often changes no setting. */
  #followSettings(): void {
    const loaded = this.#options.loadSettings();
    if (sameContent(loaded.settings, this.#settings)) {
      this.#settingsProblems = loaded.problems;
      this.#tellProblems();
    } else this.#takeSettings(loaded);
  }

  #takeSettings({ settings: read, problems }: LoadedSettings): void {
    const { log } = this.#options;
    this.#settingsProblems = problems;
    this.#tellProblems();
    if (read === undefined) {
      log.error("settings are not reloaded: those in force stay");
      return;
    }
    const { settings, ignored } = takeOver(this.#settings, read);
    this.#settings = settings;
    this.#policySettings = share(this.#policySettings, policySettings(settings));
    log.level = pinoLevel(settings.logSeverityScreen);
    log.info("settings reloaded");
    if (ignored.length > 0) log.warn(`takes effect at the next start only: ${ignored.join(", ")}`);
    if (this.#waitingFor.size === 0) this.#reconciler.request("settings");
  }

  /** The rules stay. */
  async close(): Promise<void> {
    const { host, log } = this.#options;
    host.serviceManager.stopping();
    await Promise.all([...this.#sources, this.#reconciler].map((part) => part.close()));
    await this.#previousVersions?.close();
    await this.#control?.close();
    host.kernel.close();
    host.serviceManager.close();
    log.info("hostward stopped; its rules stay in force (`hostward reset` removes them)");
  }
}
