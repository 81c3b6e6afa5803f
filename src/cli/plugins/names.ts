import { CasrError } from "../../core/errors.ts";
import { knownAgent } from "../known-agents.ts";
import { nearest } from "../../core/nearest.ts";

const PREFIX = "casr-provider-";

/** Whether npm, and not a person, gave this its form: a URL, a path, a scope, a flag. */
function isExplicit(word: string): boolean {
  return /^[-.@~]|[/:\\]/.test(word);
}

/**
 * The npm package a person means by a short name: `amp` and `amp@2` are `casr-provider-amp`, an alias is the
 * agent's own package. Without this, `amp` would be whatever stranger owns that name on npm. `npm:amp` is
 * that stranger; names with `casr` in them stay as they are.
 */
export function packageWord(word: string): string {
  if (word.startsWith("npm:")) return word.slice("npm:".length);
  if (word === "" || isExplicit(word)) return word;
  const [name = "", ...tag] = word.split("@");
  const known = knownAgent(name);
  const full = known?.package ?? (name.includes("casr") ? name : `${PREFIX}${name.toLowerCase()}`);
  return [full, ...tag].join("@");
}

/** Which of the plugins a person means: its package name, its short name, an alias of its agent. */
export function installedWord(word: string, installed: readonly string[]): string {
  if (isExplicit(word) && !word.startsWith("@")) return word;
  const name = word.replace(/(?<=.)@[^/]*$/, "");
  const candidates = [name, packageWord(name)];
  const scoped = installed.find((plugin) => plugin.endsWith(`/${PREFIX}${name}`));
  return candidates.find((candidate) => installed.includes(candidate)) ?? scoped ?? packageWord(name);
}

/** The error for a plugin that is to be removed or looked at but is not there, or cannot be removed. */
export function notInstalled(
  name: string,
  installed: readonly string[],
  bundled: readonly string[],
): CasrError {
  if (bundled.includes(name)) {
    return new CasrError("usage", `${name} is a part of casr itself and cannot be removed.`, {
      suggestions: [`Put another version in its place: casr plugins install ${name}@<version>`],
    });
  }
  const near = nearest(name, [...installed]);
  const all = installed.length === 0 ? "No plugins are installed." : `Installed: ${installed.join(", ")}`;
  return new CasrError("usage", `The plugin ${name} is not installed.`, {
    suggestions: near.length > 0 ? near.map((plugin) => `Did you mean ${plugin}?`) : [all],
    context: { plugin: name, installed: [...installed] },
  });
}
