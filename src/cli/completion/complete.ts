import { readdirSync } from "node:fs";
import { dirname, resolve, sep } from "node:path";
import type { Host } from "../../core/api.ts";
import { completeSessions } from "../../core/queries.ts";
import { rewriteArgv } from "../argv.ts";
import { homeFolder } from "../folders.ts";
import { sanitizeLine, truncate } from "../render/text.ts";
import { SHELLS } from "./scripts.ts";

const MOST_SESSIONS = 30;

interface FlagFacts {
  name: string;
  type: "boolean" | "option";
  description?: string | undefined;
  summary?: string | undefined;
  hidden?: boolean | undefined;
  options?: readonly string[] | undefined;
  aliases?: string[] | undefined;
}

/** What of oclif's commands is needed here. */
interface CommandFacts {
  id: string;
  hidden?: boolean | undefined;
  summary?: string | undefined;
  description?: string | undefined;
  flags: Record<string, FlagFacts>;
}

/** A half-typed command line: the words after `casr`, the last of which is being typed. */
export interface CompletionRequest {
  words: string[];
  shell: string;
  commands: CommandFacts[];
  host: Host;
  signal: AbortSignal;
}

interface Candidate {
  word: string;
  description?: string | undefined;
}

/** Flags whose value is a provider or a path; the others either have options or take something new. */
const PROVIDER_FLAGS = new Set(["to", "in", "source", "provider"]);
const SESSION_COMMANDS = new Set(["resume", "info"]);

/** bash splits at `:` and `=`: puts such words together again, and tells what to cut off the answers. */
function joinBashWords(words: string[]): { words: string[]; cut: string } {
  const joined: string[] = [];
  let glue = false;
  for (const word of words) {
    const isBreak = word === ":" || word === "=";
    if (joined.length > 0 && (isBreak || glue)) joined[joined.length - 1] += word;
    else joined.push(word);
    glue = isBreak;
  }
  const current = joined.at(-1) ?? "";
  return {
    words: joined,
    cut: current.slice(0, Math.max(current.lastIndexOf(":"), current.lastIndexOf("=")) + 1),
  };
}

function firstLine(command: CommandFacts): string {
  return (command.summary ?? command.description ?? "").split("\n", 1)[0]!;
}

function firstWords({ commands, host }: CompletionRequest, current: string): Candidate[] {
  const visible = commands.filter((command) => command.hidden !== true && !command.id.includes(":"));
  const words: Candidate[] = visible.map((command) => ({
    word: command.id,
    description: firstLine(command),
  }));
  if (
    commands.some((command) => command.id.startsWith("plugins:")) &&
    !words.some(({ word }) => word === "plugins")
  ) {
    words.push({ word: "plugins", description: "Add, remove and update agents" });
  }
  const targets = host.registry.providers.filter((provider) => provider.writer !== undefined);
  const names = targets.flatMap((provider) =>
    (current.startsWith("-")
      ? provider.aliases.map((alias) => `-${alias}`)
      : [...provider.aliases, provider.slug]
    ).map((word) => ({ word, description: `${provider.name}: resume a session in it` })),
  );
  return [...words, ...names, ...["--help", "--version"].map((word) => ({ word }))];
}

function providerNames(host: Host): Candidate[] {
  return host.registry.providers.flatMap((provider) =>
    [...provider.aliases, provider.slug].map((word) => ({ word, description: provider.name })),
  );
}

function pathCandidates(current: string, onlyFolders: boolean): Candidate[] {
  const home = homeFolder(process.env, process.platform);
  const expanded = current.startsWith("~/") ? `${home}/${current.slice(2)}` : current;
  const end = Math.max(expanded.lastIndexOf("/"), expanded.lastIndexOf(sep)) + 1;
  const folder = end === 0 ? "." : expanded.slice(0, end);
  const shown = current.slice(0, current.length - (expanded.length - end));
  try {
    return readdirSync(resolve(folder), { withFileTypes: true })
      .filter((entry) => entry.name.startsWith(expanded.slice(end)) && (entry.isDirectory() || !onlyFolders))
      .slice(0, 200)
      .map((entry) => ({ word: shown + entry.name + (entry.isDirectory() ? "/" : "") }));
  } catch {
    // A folder that is not there or not readable has nothing to offer.
    return [];
  }
}

function looksLikePath(word: string): boolean {
  return /^(?:\.{1,2}\/|\/|~\/)/.test(word) || dirname(word) !== ".";
}

async function sessionCandidates(request: CompletionRequest, current: string): Promise<Candidate[]> {
  const { host, signal } = request;
  if (looksLikePath(current)) return pathCandidates(current, false);
  const [qualifier, rest] = current.includes(":") ? current.split(":", 2) : [undefined, current];
  const provider = qualifier === undefined ? undefined : host.registry.find(qualifier);
  const sessions = await completeSessions(host, rest ?? "", MOST_SESSIONS, signal);
  if (qualifier !== undefined) {
    const mine = sessions.filter(
      ({ description }) => provider !== undefined && description.startsWith(provider.name),
    );
    return mine.map(({ word, description }) => ({ word: `${qualifier}:${word}`, description }));
  }
  return [
    { word: "latest", description: "The newest session of this folder" },
    ...sessions,
    ...providerNames(host),
  ];
}

function flagCandidates(command: CommandFacts): Candidate[] {
  const flags = Object.values(command.flags).filter((flag) => flag.hidden !== true);
  return [...flags, { name: "help", description: "Show help" }].map((flag) => ({
    word: `--${flag.name}`,
    description: ("summary" in flag ? flag.summary : undefined) ?? flag.description,
  }));
}

function findFlag(command: CommandFacts, word: string | undefined): FlagFacts | undefined {
  if (word?.startsWith("--") !== true) return undefined;
  const name = word.slice(2);
  return command.flags[name] ?? Object.values(command.flags).find((flag) => flag.aliases?.includes(name));
}

function valueCandidates(flag: FlagFacts, request: CompletionRequest, current: string): Candidate[] {
  if (flag.options !== undefined) return flag.options.map((word) => ({ word }));
  if (flag.name === "source" && looksLikePath(current)) return pathCandidates(current, false);
  if (PROVIDER_FLAGS.has(flag.name)) return providerNames(request.host);
  return flag.name === "workspace" ? pathCandidates(current, true) : [];
}

/** The command a line starts with (`plugins install` before `plugins`), and how many of its words name it. */
function commandOf(
  words: string[],
  commands: CommandFacts[],
): { command: CommandFacts; length: number } | undefined {
  for (const length of [3, 2, 1]) {
    const id = words.slice(0, length).join(":");
    const command = words.length >= length ? commands.find((candidate) => candidate.id === id) : undefined;
    if (command !== undefined) return { command, length };
  }
  return undefined;
}

async function candidatesFor(
  request: CompletionRequest,
  before: string[],
  current: string,
): Promise<Candidate[]> {
  const typed = before.filter((word) => !["--json", "--verbose", "--trace"].includes(word));
  if (typed.length === 0) return firstWords(request, current);
  if (typed.length === 1 && request.host.registry.find(typed[0]!) !== undefined) {
    return [{ word: "resume", description: "Resume a session in this agent" }];
  }
  const words = rewriteArgv(before);
  const subcommands = request.commands
    .filter((command) => command.hidden !== true && command.id.startsWith(`${words.join(":")}:`))
    .map((command) => ({ word: command.id.split(":")[words.length]!, description: firstLine(command) }));
  const found = commandOf(words, request.commands);
  if (found === undefined) return subcommands;
  const { command, length } = found;
  if (words.includes("--"))
    return SESSION_COMMANDS.has(command.id) ? sessionCandidates(request, current) : [];
  const flag = findFlag(command, words.at(-1));
  if (flag?.type === "option") return valueCandidates(flag, request, current);
  const [, name, value] = /^(--[^=]+)=(.*)$/.exec(current) ?? [];
  if (name !== undefined) {
    const assigned = findFlag(command, name);
    const values = assigned === undefined ? [] : valueCandidates(assigned, request, value!);
    return values.map(({ word, description }) => ({ word: `${name}=${word}`, description }));
  }
  if (current.startsWith("-")) return flagCandidates(command);
  const positionals = words.slice(length).filter((word, index, all) => {
    const isValue = findFlag(command, all[index - 1])?.type === "option" && !all[index - 1]!.includes("=");
    return !word.startsWith("-") && !isValue;
  });
  if (SESSION_COMMANDS.has(command.id) && positionals.length === 0)
    return sessionCandidates(request, current);
  if (command.id === "doctor")
    return providerNames(request.host).filter(({ word }) => !positionals.includes(word));
  if (command.id === "completions" && positionals.length === 0) return SHELLS.map((word) => ({ word }));
  if (command.id === "plugins:install" || command.id === "plugins:link")
    return pathCandidates(current, false);
  return subcommands;
}

/** The candidates that continue the last word, one line each: the word, a tab, what it is. */
export async function completeWords(request: CompletionRequest): Promise<string[]> {
  const isBash = request.shell === "bash";
  const { words, cut } = isBash ? joinBashWords(request.words) : { words: request.words, cut: "" };
  const current = words.at(-1) ?? "";
  const candidates = await candidatesFor(request, words.slice(0, -1), current);
  const fitting = candidates.filter(({ word }) => word.toLowerCase().startsWith(current.toLowerCase()));
  const unique = new Map(fitting.map((candidate) => [candidate.word, candidate]));
  return [...unique.values()].map(({ word, description }) => {
    const text = truncate(sanitizeLine((description ?? "").replaceAll(/<%[^%]*%>/g, "casr")), 70);
    return `${sanitizeLine(word.slice(cut.length))}\t${text}`;
  });
}
