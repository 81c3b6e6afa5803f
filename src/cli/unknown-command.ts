import type { Config } from "@oclif/core/interfaces";
import { CasrError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { loadRegistry } from "./registrations.ts";

/** Words that can only mean a session: an id or its start, a path, `latest`. */
function looksLikeSession(word: string): boolean {
  return word === "latest" || /[/\\]|\.jsonl?$/.test(word) || /^[0-9a-f]{4,}(?:-[0-9a-f-]*)?$/i.test(word);
}

/** The error for `words`, whose first is neither a command nor followed by `resume`. Asks nobody, needs no network. */
export async function unknownCommand(words: string[], config: Config): Promise<CasrError> {
  const [first = "", second] = words;
  const context = { word: first };
  const registry = await loadRegistry(config);
  const provider = registry.find(first);
  if (provider !== undefined) {
    const alias = provider.aliases[0] ?? provider.slug;
    const session = second !== undefined && looksLikeSession(second) ? second : "<session>";
    return new CasrError("usage", `"${first}" is a provider (${provider.name}), not a command.`, {
      suggestions: [`casr ${alias} resume ${session}`, `casr list --provider ${alias}`],
      context: { ...context, provider: provider.slug },
    });
  }
  // The registry's own words for an agent that is not installed, with the command that installs it.
  if (registry.offer(first) !== undefined) registry.get(first);
  if (looksLikeSession(first)) {
    const targets = registry.providers.filter((candidate) => candidate.writer !== undefined);
    const [target] = targets.flatMap((candidate) => candidate.aliases[0] ?? candidate.slug);
    return new CasrError("usage", `"${first}" looks like a session; say what to do with it.`, {
      suggestions: [`casr info ${first}`, `casr ${target ?? "<target>"} resume ${first}`],
      context,
    });
  }
  const topLevel = config.commands.filter((command) => command.hidden !== true).map((command) => command.id);
  const commands = topLevel.map((id) => id.replaceAll(":", " "));
  const spoken = second === undefined ? first : `${first} ${second}`;
  const near = [...new Set([...nearest(spoken, commands), ...nearest(first, commands)])];
  const nearProvider = nearest(
    first,
    registry.providers.flatMap((candidate) => [candidate.slug, ...candidate.aliases]),
  );
  const suggestions = near.map((name) => `Did you mean: casr ${name}`);
  suggestions.push(...nearProvider.map((name) => `Did you mean: casr ${name} resume <session>`));
  suggestions.push("casr --help");
  const isTopic = commands.some((name) => name.startsWith(`${first} `));
  return new CasrError("usage", `There is no command "${isTopic ? spoken : first}".`, {
    suggestions,
    context: { ...context, near },
  });
}
