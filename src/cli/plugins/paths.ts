import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const ARCHIVE = /\.(?:tgz|tar\.gz)$/i;

/** Whether npm's reading of `word` (a name, `user/repo`, a URL) is out of the question or less likely than a path. */
function looksLikePath(word: string): boolean {
  if (/^(?:\.{1,2}(?:[/\\]|$)|[/\\]|~[/\\]|[A-Za-z]:[/\\])/.test(word) || ARCHIVE.test(word)) return true;
  return word.includes("/") && !word.startsWith("@") && !word.includes(":");
}

function asFile(word: string, cwd: string, home: string): string {
  const isFileUrl = word.startsWith("file:") && !word.startsWith("file://");
  const path = isFileUrl ? word.slice("file:".length) : word;
  if (!isFileUrl && (word.startsWith("-") || !looksLikePath(word))) return word;
  const absolute = /^~[/\\]/.test(path) ? join(home, path.slice(2)) : resolve(cwd, path);
  if (!existsSync(absolute)) return word;
  const isUsable = statSync(absolute).isDirectory() || ARCHIVE.test(absolute);
  return isUsable ? `file:${absolute}` : word;
}

/**
 * Makes `plugins install ./x.tgz` and `plugins install some/folder` work: plugin-plugins reads both
 * as GitHub slugs, but takes `file:` with an absolute path.
 */
export function resolvePluginPaths(argv: string[], cwd: string, home: string): string[] {
  const [topic, action, ...words] = argv;
  if (topic !== "plugins" || (action !== "install" && action !== "add")) return argv;
  return [topic, action, ...words.map((word) => asFile(word, cwd, home))];
}
