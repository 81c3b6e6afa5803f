import { boolean } from "@oclif/core/flags";
import { CasrCommand } from "../../cli/base-command.ts";
import { indexJson } from "../../cli/json/index-report.ts";
import { writeJson, writeLines } from "../../cli/output.ts";
import { createProgress, listingProgress } from "../../cli/progress.ts";
import { renderIndex } from "../../cli/render/index-report.ts";
import { listSessions } from "../../core/queries.ts";
import { indexPath, indexReport, rebuildIndex, type IndexReport } from "../../core/session-index/report.ts";
import type { Host } from "../../core/api.ts";

// In a folder of its own name: oclif takes a file called `index` for its folder's command.
export default class Index extends CasrCommand {
  static override summary = "Show what casr remembers of your sessions, or make it anew.";
  static override description = `casr list and the look-up of sessions remember what they found and look only at what has changed since: files by size, times and inode, on every run. Deleting the index loses nothing. CASR_NO_INDEX=1 does without it.`;
  static override usage = "index [--stats | --path | --rebuild]";
  static override examples = [
    {
      description: "What it holds, and how much of that is still valid",
      command: "<%= config.bin %> index",
    },
    { description: "Look at every session again", command: "<%= config.bin %> index --rebuild" },
    { description: "Where it is, for a script", command: "<%= config.bin %> index --path" },
  ];
  static override flags = {
    stats: boolean({
      description: "Say what it holds, by agent; the same as no flag.",
      exclusive: ["path", "rebuild"],
    }),
    path: boolean({ description: "Print the path of the database.", exclusive: ["rebuild"] }),
    rebuild: boolean({ description: "Throw it away and look at every session again." }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Index);
    const host = await this.createHost(flags);
    if (flags.path && !flags.json) {
      writeLines([indexPath(host.folders.cache)]);
      return;
    }
    const report = flags.rebuild
      ? await this.#rebuilt(host, flags.json)
      : await indexReport(host, this.signal);
    if (flags.json) {
      writeJson(indexJson(report));
      return;
    }
    this.warnings(report.warnings, flags);
    writeLines(renderIndex(report, this.page()));
  }

  async #rebuilt(host: Host, quiet: boolean): Promise<IndexReport> {
    const progress = createProgress(process.stderr);
    const onProgress = quiet ? {} : listingProgress(progress);
    const look = (): Promise<unknown> =>
      listSessions(host, { limit: 1, sort: "date", hidden: true, signal: this.signal, ...onProgress });
    return rebuildIndex(host, this.signal, look).finally(() => progress.clear());
  }
}
