import { inspectSession } from "../core/queries.ts";
import { recoverStore } from "../core/recovery.ts";
import { CasrCommand } from "../cli/base-command.ts";
import { count, provider, sessionArgs, sessionWord } from "../cli/flags.ts";
import { infoJson } from "../cli/json/info.ts";
import { writeJson, writeLines } from "../cli/output.ts";
import { createProgress } from "../cli/progress.ts";
import { renderInfo } from "../cli/render/info.ts";

export default class Info extends CasrCommand {
  static override summary =
    "Show everything about one session: where it is, what it holds, where it came from.";
  static override description = "Reads the whole session, so the counts are exact.";
  static override usage = "info SESSION [N] [--peek [N]] [--source AGENT|FILE]";
  static override examples = [
    { description: "By the start of its id", command: "<%= config.bin %> info 019a2b3c" },
    {
      description: "The second newest Codex session, with its last ten messages",
      command: "<%= config.bin %> info codex 2 --peek 10",
    },
    { description: "A file", command: "<%= config.bin %> info ./session.jsonl --json" },
  ];
  static override args = sessionArgs;
  static override flags = {
    peek: count({ description: "Show the last N messages; --peek alone shows 5." }),
    source: provider({
      description: "Look only in this agent's store, or read this file.",
      helpValue: "AGENT|FILE",
    }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Info);
    const session = sessionWord(args, flags.source);
    const host = await this.createHost(flags);
    const recovered = await recoverStore(host);
    const peek = flags.peek ?? 0;
    const progress = createProgress(flags.json ? undefined : process.stderr);
    const report = await inspectSession(host, {
      session,
      peek,
      signal: this.signal,
      onProgress: progress.update,
      ...(flags.source === undefined ? {} : { source: flags.source }),
    }).finally(() => progress.clear());
    if (flags.json) {
      writeJson(infoJson(report, flags.peek !== undefined, recovered));
      return;
    }
    this.warnings([...recovered, ...report.warnings], flags);
    writeLines(renderInfo(report, this.page(), flags.verbose));
  }
}
