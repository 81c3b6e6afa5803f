import { CommandHelp, Help } from "@oclif/core/help";
import { ERROR_CODES, messageOf } from "../core/errors.ts";
import { loadRegistry } from "./registrations.ts";
import { unknownCommand } from "./unknown-command.ts";

/** What each exit status means, in a few words; the codes of one status share a line. */
const STATUS_WORDS: Record<number, string> = {
  0: "done",
  1: "a bug in casr",
  2: "usage",
  3: "session not found",
  4: "session word fits several",
  5: "no such agent",
  6: "the agent cannot do that",
  7: "source unreadable or unusable",
  8: "target exists",
  9: "write failed, undone",
  10: "verification failed, undone",
  11: "a plugin failed",
  12: "losses refused (--strict)",
  13: "plugin not installed",
  130: "interrupted, undone",
};

const PLUGINS = "List, install, link, update and remove plugins, which bring more agents.";

type Row = [left: string, right: string | undefined];

/** A command's page; oclif would say the summary twice. */
class CasrCommandHelp extends CommandHelp {
  protected override description(): string | undefined {
    const { description } = this.command;
    return description === undefined ? undefined : this.wrap(description);
  }
}

/** oclif's help with casr's own front page: the short grammar, session words, agents and exit statuses. */
export default class CasrHelp extends Help {
  protected override CommandHelpClass = CasrCommandHelp;

  /** `casr cc --help` asks about an agent: what oclif would say leads nowhere. */
  override async showHelp(argv: string[]): Promise<void> {
    try {
      await super.showHelp(argv);
    } catch (error) {
      if (!/^Command .* not found/s.test(messageOf(error))) throw error;
      throw await unknownCommand(
        argv.filter((word) => !word.startsWith("-")),
        this.config,
      );
    }
  }

  protected override async showRootHelp(): Promise<void> {
    const { bin, version, pjson } = this.config;
    const sections = [
      pjson.description ?? "",
      this.#list("USAGE", [
        [`$ ${bin} AGENT resume SESSION`, "resume a session in another agent"],
        [`$ ${bin} COMMAND`, undefined],
      ]),
      this.#list("COMMANDS", this.#commands()),
      this.#list("SHORTHANDS", [
        [`${bin} cc resume SESSION`, `${bin} resume SESSION --to cc`],
        [`${bin} -cc SESSION`, "the same"],
      ]),
      this.#list("A SESSION IS", [
        ["019a2b3c", "its id or the start of it"],
        ["./session.jsonl", "its file"],
        ["latest", "the newest of this folder"],
        ["codex:019a2b3c", "an agent's"],
        ["codex 2", "an agent's second newest"],
      ]),
      this.#list("AGENTS", await this.#agents()),
      this.#list("EVERY COMMAND", [
        ["--json", "one JSON object on stdout, errors too"],
        ["--verbose, --trace", "say more, say everything"],
        ["--help", "what a command can do"],
      ]),
      this.#list("EXIT STATUS", this.#statuses()),
      `casr ${version}`,
    ];
    this.log(sections.filter((section) => section !== "").join("\n\n"));
  }

  #list(title: string, rows: Row[]): string {
    return rows.length === 0 ? "" : this.section(title, rows);
  }

  #commands(): Row[] {
    const topLevel = this.sortedCommands.filter((command) => !command.id.includes(":"));
    const order = ["list", "info", "resume", "providers", "completions"];
    const place = (id: string): number => (order.includes(id) ? order.indexOf(id) : order.length);
    return topLevel
      .sort((a, b) => place(a.id) - place(b.id))
      .map((command): Row => [command.id, command.id === "plugins" ? PLUGINS : this.summary(command)]);
  }

  async #agents(): Promise<Row[]> {
    const { providers } = await loadRegistry(this.config);
    return providers.map(({ slug, name, aliases }): Row => [[...aliases, slug].join(", "), name]);
  }

  #statuses(): Row[] {
    const known = new Set<number>([0, ...Object.values(ERROR_CODES), 130]);
    const words = [...known]
      .sort((a, b) => a - b)
      .map((status) => `${status} ${STATUS_WORDS[status] ?? ""}`.trim());
    return [[this.wrap(words.join(" · "), this.indentSpacing), undefined]];
  }
}
