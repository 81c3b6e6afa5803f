import * as args from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { CasrCommand } from "../../cli/base-command.ts";
import { folder } from "../../cli/flags.ts";
import { homeFolder, startFolder } from "../../cli/folders.ts";
import { checkJson } from "../../cli/json/check.ts";
import { writeJson, writeLines } from "../../cli/output.ts";
import { installedChecks } from "../../cli/plugin-accepted.ts";
import { findPluginPackage } from "../../cli/plugin-package.ts";
import { renderCheckCounts, renderCheckHead, renderCheckResult } from "../../cli/render/check.ts";
import { withoutStdout } from "../../cli/without-stdout.ts";
import { CasrError, ERROR_CODES } from "../../core/errors.ts";

export default class ProvidersCheck extends CasrCommand {
  static override summary = "Check a provider plugin: everything casr relies on, in scratch homes.";
  static override description =
    "Takes an installed plugin or a folder. Reads its recorded homes, damages copies of them, writes made sessions and reads them back. Nothing of yours is touched. Exit status 11 when a check fails.";
  static override usage = "providers check NAME|FOLDER [--fixtures FOLDER] [--update]";
  static override examples = [
    { description: "A plugin that is installed", command: "<%= config.bin %> providers check amp" },
    {
      description: "The one you are writing",
      command: "<%= config.bin %> providers check ./casr-provider-x",
    },
    {
      description: "Record how its recorded homes are read now, then check",
      command: "<%= config.bin %> providers check . --update",
    },
    { description: "For scripts", command: "<%= config.bin %> providers check codex --json" },
  ];
  static override args = {
    plugin: args.string({ ignoreStdin: true, description: "Name of a plugin or an agent, or a folder." }),
  };
  static override flags = {
    fixtures: folder({ description: "Recorded homes that are not in the plugin: FOLDER/<case>/home." }),
    update: boolean({ description: "First record how each home is read now, as what is right." }),
  };

  override async run(): Promise<void> {
    const { args: words, flags } = await this.parse(ProvidersCheck);
    if (words.plugin === undefined) {
      throw new CasrError("usage", "Name a plugin or a folder.", {
        suggestions: ["casr providers check codex", "casr providers check ./casr-provider-x"],
      });
    }
    const host = await this.createHost(flags);
    const home = homeFolder(process.env, process.platform);
    const plugin = findPluginPackage(words.plugin, this.config, host, { cwd: startFolder(home), home });
    // Loaded only now: no other command needs it.
    const { conformanceChecks, recordGoldens, runConformance } = await import("../../testing/index.ts");
    const page = this.page();
    const subject = {
      package: plugin.root,
      withoutFixtures: plugin.installed,
      ...(flags.fixtures === undefined ? {} : { fixtures: flags.fixtures }),
    };
    if (!flags.json) writeLines(renderCheckHead(plugin, page));
    const recorded = flags.update ? await withoutStdout(() => recordGoldens(subject)) : [];
    const checks = [
      ...installedChecks(plugin, host),
      ...(await withoutStdout(() => conformanceChecks(subject))),
    ];
    const results = [];
    for (const check of checks) {
      this.signal.throwIfAborted();
      const [result] = await withoutStdout(() => runConformance([check]));
      results.push(result!);
      if (!flags.json) writeLines(renderCheckResult(result!, page));
    }
    const failed = results.some(({ status }) => status === "failed");
    const status = failed ? ERROR_CODES["provider-fault"] : 0;
    if (flags.json) writeJson(checkJson(plugin, results, recorded, status));
    else writeLines([...recorded.map((path) => `recorded ${path}`), ...renderCheckCounts(results, page)]);
    process.exitCode = status;
  }
}
