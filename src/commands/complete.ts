import { CasrCommand } from "../cli/base-command.ts";
import { completeWords } from "../cli/completion/complete.ts";
import { createHost } from "../cli/host.ts";
import { writeLines } from "../cli/output.ts";

/**
 * What the completion scripts ask: `casr complete <shell> <index> -- <words after casr>`. Prints one
 * candidate a line, with a tab and a description. Never prints an error: a person is typing.
 */
export default class Complete extends CasrCommand {
  static override hidden = true;
  static override summary = "Candidates for a half-typed command line (for the completion scripts).";
  static override strict = false;

  override async run(): Promise<void> {
    // Not parsed: the words are somebody else's, flags included.
    this.parsed = true;
    const end = this.argv.indexOf("--");
    const [shell = "", position = ""] = this.argv.slice(0, end === -1 ? undefined : end);
    const words = end === -1 ? [] : this.argv.slice(end + 1);
    // PowerShell does not pass an empty last word on.
    if (shell === "powershell" && words.length <= Number(position)) words.push("");
    try {
      const host = await createHost(this.config, { env: process.env, level: "none" });
      writeLines(
        await completeWords({ words, shell, commands: this.config.commands, host, signal: this.signal }),
      );
    } catch (error) {
      this.debug(error);
    }
  }
}
