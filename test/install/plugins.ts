import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageCopy, type PackageChange } from "./registry.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The folder of one of this project's own providers. */
export const ownPlugin = (slug: string): string => join(root, "plugins", `casr-provider-${slug}`);

/** Slugs of the providers that come with casr, in order. */
export const BUNDLED: string[] = (
  JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { bundleDependencies: string[] }
).bundleDependencies
  .filter((name) => name.startsWith("casr-provider-"))
  .map((name) => name.replace("casr-provider-", ""))
  .sort();

/** Folders of the packages that several providers are built on. */
export const LIBRARIES: string[] = readdirSync(join(root, "plugins"))
  .filter((name) => !name.startsWith("casr-provider-"))
  .map((name) => join(root, "plugins", name));

const TINY = join(root, "test/plugins/casr-provider-tiny");

/** The tiny provider under another agent's name and slug; its store stays `~/.tiny`. */
export function tinyAs(slug: string, target: string, change: PackageChange = {}): Promise<string> {
  const hook = (text: string): string =>
    text
      .replace('slug: "tiny"', `slug: ${JSON.stringify(slug)}`)
      .replace('aliases: ["tny"]', "aliases: []")
      .replace("Tiny Agent", `Tiny ${slug}`);
  const reader = (text: string): string => text.replaceAll('"tiny"', JSON.stringify(slug));
  const changed = { "hook.js": hook, "reader.js": reader };
  const files = Object.fromEntries(
    Object.entries(changed).map(([name, rewrite]) => [
      name,
      (text: string) => (change.files?.[name] ?? String)(rewrite(text)),
    ]),
  );
  return packageCopy(TINY, target, { name: `casr-provider-${slug}`, ...change, files });
}

/** Amp's provider as a release of this version: the real one as soon as this repository has it. */
export function ampRelease(version: string, target: string): Promise<string> {
  const own = ownPlugin("amp");
  return existsSync(own) ? packageCopy(own, target, { version }) : tinyAs("amp", target, { version });
}
