import { join, resolve } from "node:path";
import * as args from "@oclif/core/args";
import { string } from "@oclif/core/flags";
import type { Host } from "../../core/api.ts";
import { CasrError } from "../../core/errors.ts";
import {
  aliasFor,
  checkedAlias,
  checkedName,
  nameFor,
  slugFrom,
  storeFrom,
  type Answers,
} from "../../generator/answers.ts";
import { generateProvider, packageName } from "../../generator/index.ts";
import { Questions } from "../../cli/ask.ts";
import { CasrCommand } from "../../cli/base-command.ts";
import { folder } from "../../cli/flags.ts";
import { homeFolder, startFolder } from "../../cli/folders.ts";
import type { NewProviderJson } from "../../cli/json/schemas.ts";
import { writeJson, writeLines } from "../../cli/output.ts";
import { displayPath } from "../../cli/render/text.ts";

interface Given {
  slug: string | undefined;
  name: string | undefined;
  alias: string | undefined;
  store: string | undefined;
}

/** What was given, and for the rest what is usual. */
function usual(given: Given, host: Host, home: string): Answers {
  if (given.slug === undefined) {
    throw new CasrError("usage", "Name the agent the provider is for.", {
      suggestions: ["casr providers new amp", "casr providers new --help"],
    });
  }
  const slug = slugFrom(given.slug);
  return {
    slug,
    name: checkedName(given.name ?? nameFor(slug)),
    alias: given.alias === undefined ? aliasFor(slug, namesIn(host)) : checkedAlias(given.alias),
    store: storeFrom(given.store ?? `~/.${slug}/sessions`, home),
  };
}

function namesIn(host: Host): ReadonlySet<string> {
  return new Set(host.registry.providers.flatMap(({ slug, aliases }) => [slug, ...aliases]));
}

/** Asks for what was not given. */
async function asked(given: Given, host: Host, home: string, signal: AbortSignal): Promise<Answers> {
  using questions = new Questions(signal);
  const slug =
    given.slug === undefined
      ? await questions.ask("Slug of the agent (lower case)", "", slugFrom)
      : slugFrom(given.slug);
  const offered = usual({ ...given, slug }, host, home);
  const name = given.name ?? (await questions.ask("Name for people", offered.name, checkedName));
  const alias = given.alias ?? (await questions.ask("Short name", offered.alias, checkedAlias));
  const store =
    given.store ??
    (await questions.ask("Where it keeps its sessions", `~/${offered.store}`, (answer) =>
      storeFrom(answer, home),
    ));
  return usual({ slug, name, alias, store }, host, home);
}

export default class ProvidersNew extends CasrCommand {
  static override summary = "Start a provider plugin for another agent: a whole folder that works.";
  static override description =
    "Writes a package with a reader, a writer, checks, a recorder of fixtures and a CI workflow, for a made-up store of JSON lines; you change it to what the agent really does. On a terminal it asks for what is not given.";
  static override usage =
    "providers new [SLUG] [--name NAME] [--alias ALIAS] [--store FOLDER] [--folder FOLDER]";
  static override examples = [
    { description: "Answer its questions", command: "<%= config.bin %> providers new" },
    {
      description: "Without questions",
      command: "<%= config.bin %> providers new my-agent --alias ma --store ~/.my-agent/sessions",
    },
  ];
  static override args = {
    slug: args.string({ ignoreStdin: true, description: "Lower-case id of the agent, such as amp." }),
  };
  static override flags = {
    name: string({ description: "Name for people.", helpValue: "NAME" }),
    alias: string({ description: "Short name for the command line.", helpValue: "ALIAS" }),
    store: folder({ description: "Where the agent keeps its sessions, below your home folder." }),
    folder: folder({ description: "Where to write it; default is casr-provider-SLUG here." }),
  };

  override async run(): Promise<void> {
    const { args: words, flags } = await this.parse(ProvidersNew);
    const host = await this.createHost(flags);
    const home = homeFolder(process.env, process.platform);
    const given: Given = { slug: words.slug, name: flags.name, alias: flags.alias, store: flags.store };
    const isTerminal = process.stdin.isTTY && process.stderr.isTTY && !flags.json;
    const answers = isTerminal ? await asked(given, host, home, this.signal) : usual(given, host, home);
    const taken = host.registry.find(answers.slug);
    if (taken !== undefined)
      this.warning(
        `${taken.package.name} provides ${taken.slug} already; yours takes its place once it is linked`,
      );
    const target = resolve(startFolder(home), flags.folder ?? packageName(answers.slug));
    const files = await generateProvider(answers, target, this.config.version);
    const next = ["npm install", "npm test", "casr plugins link ."];
    if (flags.json) {
      const made: NewProviderJson = { schema_version: 2, ok: true, folder: target, ...answers, files, next };
      writeJson(made);
      return;
    }
    const shown = displayPath(target, home);
    writeLines([
      `Made ${shown} (${files.length} files): a provider that works, for a store of JSON lines in ~/${answers.store}.`,
      "",
      "Next:",
      `  cd ${shown}`,
      ...next.map((line) => `  ${line}`),
      "",
      `Then make src/native.ts say what ${answers.name} really writes. The guide: ${displayPath(join(this.config.root, "docs", "provider-guide.md"), home)}`,
    ]);
  }
}
