import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { objectField, parseJson } from "./files.ts";

const PLUGINS = fileURLToPath(new URL("../../plugins", import.meta.url));

/**
 * Makes the plugins of those agents that are not in casr's bundle known to it, as `casr plugins link` does:
 * by an entry in the list of user plugins below its data folder. `casr` is its entry point, `bin/run.js`.
 */
export async function linkUnbundled(
  slugs: Iterable<string>,
  casr: string,
  dataFolder: string,
): Promise<void> {
  const manifest = parseJson(await readFile(join(dirname(dirname(casr)), "package.json"), "utf8"));
  const listed = objectField(manifest, "oclif")?.["plugins"];
  const bundled = new Set(Array.isArray(listed) ? listed : []);
  const names = [...slugs].map((slug) => `casr-provider-${slug}`).filter((name) => !bundled.has(name));
  if (names.length === 0) return;
  const plugins = names.map((name) => ({ type: "link", name, root: join(PLUGINS, name) }));
  await mkdir(dataFolder, { recursive: true });
  const content = { private: true, oclif: { schema: 1, plugins }, dependencies: {} };
  await writeFile(join(dataFolder, "package.json"), JSON.stringify(content));
}
