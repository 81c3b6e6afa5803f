import { existsSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { CasrError } from "../core/errors.ts";
import type { Answers } from "./answers.ts";

/** A whole working provider, which every new one is a copy of. */
const TEMPLATE = fileURLToPath(new URL("../../template/", import.meta.url));

/** npm leaves out files of these names, so that the template has them under others. */
const RENAMED: Record<string, string> = { gitignore: ".gitignore" };

/** The folder a new provider is made in by default. */
export function packageName(slug: string): string {
  return `casr-provider-${slug}`;
}

/** The template's own words, and what stands in their place; longer words first. */
function replacements(answers: Answers, version: string): [from: string, to: string][] {
  const { slug, name, alias, store } = answers;
  return [
    [".sampleagent/sessions", store],
    ["SAMPLEAGENT_HOME", `${slug.replaceAll("-", "_").toUpperCase()}_HOME`],
    ["Sample Agent", name],
    ["sampleagent", slug],
    ['"sma"', `"${alias}"`],
    ["casr sma ", `casr ${alias} `],
    ['"casr-cli": "^0.0.0"', `"casr-cli": "^${version}"`],
  ];
}

/** The files of the template by their path in a new package, with the answers filled in. */
async function filled(answers: Answers, version: string): Promise<Map<string, string>> {
  const words = replacements(answers, version);
  const replaced = (text: string): string => {
    const pattern = new RegExp(words.map(([from]) => from.replaceAll(/[.^]/g, "\\$&")).join("|"), "g");
    return text.replaceAll(pattern, (word) => words.find(([from]) => from === word)![1]);
  };
  const files = new Map<string, string>();
  for (const entry of await readdir(TEMPLATE, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(TEMPLATE.length).split(sep).join("/");
    if (!entry.isFile() || /^(?:dist|node_modules)\//.test(name)) continue;
    const place = replaced(name);
    files.set(RENAMED[place] ?? place, replaced(await readFile(path, "utf8")));
  }
  return files;
}

/**
 * Writes a new provider package into `folder`, which must not exist or be empty; gives the paths written,
 * relative to it. `version` is that of the casr it is made for. All of it is there afterwards, or nothing.
 * Throws `target-exists`.
 */
export async function generateProvider(answers: Answers, folder: string, version: string): Promise<string[]> {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new CasrError("target-exists", `${folder} is there already and not empty.`, {
      suggestions: ["Name another folder: casr providers new <slug> --folder <folder>"],
      context: { path: folder },
    });
  }
  const files = await filled(answers, version);
  await mkdir(dirname(folder), { recursive: true });
  const staged = await mkdtemp(join(dirname(folder), ".casr-new-"));
  try {
    for (const [name, text] of files) {
      await mkdir(dirname(join(staged, name)), { recursive: true });
      await writeFile(join(staged, name), text);
    }
    // An empty folder gives way.
    await rm(folder, { recursive: true, force: true });
    await rename(staged, folder);
  } catch (error) {
    await rm(staged, { recursive: true, force: true });
    throw error;
  }
  return [...files.keys()].sort();
}
