import { resolve } from "node:path";
import * as args from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { CasrError } from "../core/errors.ts";
import type { ListReport } from "../core/api.ts";
import { listSessions } from "../core/queries.ts";
import { recoverStore } from "../core/recovery.ts";
import { CasrCommand } from "../cli/base-command.ts";
import { count, folder, provider } from "../cli/flags.ts";
import { homeFolder, startFolder } from "../cli/folders.ts";
import { keepHeapSmall } from "../cli/heap.ts";
import { listJson } from "../cli/json/list.ts";
import { writeJson, writeLines, writeNotes } from "../cli/output.ts";
import { createProgress, listingProgress } from "../cli/progress.ts";
import { projectRoot } from "../cli/project.ts";
import { renderList } from "../cli/render/list.ts";
import { displayPath, plural } from "../cli/render/text.ts";

const SORTS = ["date", "messages", "provider"] as const;

export default class List extends CasrCommand {
  static override summary = "Show the sessions of this project, or of all, whichever agent they belong to.";
  static override description = `Without flags: the sessions of the project you are in (the folder with .git at or above this one, else this folder). --all shows every session of every agent, also those without a workspace.`;
  static override usage =
    "list [--all | --workspace FOLDER] [--provider AGENT] [--limit N] [--sort date|messages|provider]";
  static override examples = [
    { description: "The sessions of this project", command: "<%= config.bin %> list" },
    {
      description: "The ten Codex sessions with the most messages",
      command: "<%= config.bin %> list --all --provider codex --sort messages --limit 10",
    },
    { description: "For a script", command: "<%= config.bin %> list --all --limit 0 --json" },
  ];
  static override args = { word: args.string({ hidden: true, ignoreStdin: true }) };
  static override flags = {
    provider: provider({
      description: "Only this agent's sessions; may be given several times.",
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ",",
    }),
    workspace: folder({ description: "Sessions of this folder and those below it.", exclusive: ["all"] }),
    all: boolean({ description: "Sessions of all folders, and those agents hide from their own lists." }),
    limit: count({ description: "Show at most N; 0 shows all.", default: 25 }),
    sort: string({ description: "What comes first.", options: [...SORTS], default: "date" }),
  };

  override async run(): Promise<void> {
    const { args: words, flags } = await this.parse(List);
    const host = await this.createHost(flags);
    if (words.word !== undefined)
      throw tooManyWords(words.word, host.registry.find(words.word) !== undefined);
    keepHeapSmall();
    const recovered = await recoverStore(host);
    const home = homeFolder(process.env, process.platform);
    const cwd = startFolder(home);
    const workspace = flags.all
      ? undefined
      : flags.workspace === undefined
        ? projectRoot(cwd, home)
        : resolve(cwd, flags.workspace);
    const progress = createProgress(process.stderr);
    const report = await listSessions(host, {
      limit: flags.limit,
      sort: SORTS.find((sort) => sort === flags.sort) ?? "date",
      hidden: flags.all,
      signal: this.signal,
      ...(workspace === undefined ? {} : { workspace }),
      ...(flags.provider === undefined ? {} : { providers: flags.provider }),
      ...(flags.json ? {} : listingProgress(progress)),
    }).finally(() => progress.clear());
    if (flags.json) {
      writeJson(listJson(report, workspace, recovered));
      return;
    }
    this.warnings([...recovered, ...report.warnings], flags);
    writeLines(renderList(report, this.page(), workspace));
    writeNotes(this.#hints(report, workspace, home));
  }

  /** What is not on the page, and how to see it. */
  #hints(report: ListReport, workspace: string | undefined, home: string): string[] {
    const { sessions, matched, elsewhere } = report;
    const { dim } = this.errorStyle;
    const place = workspace === undefined ? "" : ` in ${displayPath(workspace, home)}`;
    if (matched === 0) {
      const none = `No sessions${place}.`;
      if (elsewhere > 0) return [`${none} ${plural(elsewhere, "session")} elsewhere: casr list --all`];
      return [`${none} See which agents casr looks for: casr providers`];
    }
    const hints: string[] = [];
    if (sessions.length < matched) {
      hints.push(dim(`${sessions.length} of ${plural(matched, "session")}${place}: --limit 0 shows all`));
    }
    if (elsewhere > 0) hints.push(dim(`${plural(elsewhere, "session")} elsewhere: casr list --all`));
    return hints;
  }
}

function tooManyWords(word: string, isProvider: boolean): CasrError {
  const suggestions = isProvider
    ? [`casr list --provider ${word}`]
    : [`casr info ${word}`, "casr list --help"];
  return new CasrError("usage", `casr list takes no words, only flags: "${word}".`, {
    suggestions,
    context: { word },
  });
}
