import * as args from "@oclif/core/args";
import { CasrCommand } from "../cli/base-command.ts";
import { completionScript, SHELLS } from "../cli/completion/scripts.ts";
import { writeJson } from "../cli/output.ts";
import { CasrError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";

export default class Completions extends CasrCommand {
  static override summary = "Print a completion script for your shell.";
  static override description =
    "It completes commands, flags, agents and session ids, by asking casr each time: new plugins and sessions need no new script.";
  static override examples = [
    { description: "bash: add to ~/.bashrc", command: `eval "$(<%= config.bin %> completions bash)"` },
    {
      description: "zsh: add to ~/.zshrc, after compinit",
      command: `eval "$(<%= config.bin %> completions zsh)"`,
    },
    {
      description: "fish",
      command: "<%= config.bin %> completions fish > ~/.config/fish/completions/casr.fish",
    },
    {
      description: "PowerShell: add to $PROFILE",
      command: "<%= config.bin %> completions powershell | Out-String | Invoke-Expression",
    },
  ];
  static override args = {
    shell: args.string({
      ignoreStdin: true,
      description: `${SHELLS.slice(0, -1).join(", ")} or ${SHELLS.at(-1)}.`,
    }),
  };

  override async run(): Promise<void> {
    const { args: words, flags } = await this.parse(Completions);
    const shell = SHELLS.find((name) => name === words.shell?.toLowerCase());
    if (shell === undefined) {
      const message =
        words.shell === undefined ? "Name your shell." : `There are no completions for "${words.shell}".`;
      const near = words.shell === undefined ? [...SHELLS] : nearest(words.shell, [...SHELLS]);
      const named = near.length > 0 ? near : [...SHELLS];
      throw new CasrError("usage", message, {
        suggestions: named.map((name) => `casr completions ${name}`),
        context: { shells: [...SHELLS] },
      });
    }
    const script = completionScript(shell);
    if (flags.json) writeJson({ schema_version: 2, shell, script });
    else process.stdout.write(script);
  }
}
