import { accessSync, constants, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CasrError, messageOf } from "../../core/errors.ts";
import { arrayAt, isJsonObject, objectAt, stringAt, type JsonObject } from "../../session/json.ts";

/** One entry of the list of plugins in casr's data folder. */
export interface ListedPlugin {
  name: string;
  type: "user" | "link";
  /** What was asked for when it was installed: a tag, a version, a range. */
  tag?: string;
  /** For a folder, an archive or a repository. */
  url?: string;
  /** For a linked one. */
  root?: string;
}

function unusable(folder: string, why: string, suggestions: string[]): CasrError {
  const message = `casr's folder for plugins, ${folder}, cannot be used: ${why}.`;
  return new CasrError("install-failed", message, { suggestions, context: { folder } });
}

function parsed(folder: string): JsonObject | undefined {
  const path = join(folder, "package.json");
  const aside = [
    `Put the file aside: mv ${path} ${path}.damaged`,
    "Then install your plugins again: casr plugins install <name>",
  ];
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw unusable(folder, `package.json is not readable (${code ?? messageOf(error)})`, [
      `Look at the rights of ${path}`,
    ]);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Said below, as for every other file that is no JSON object.
  }
  throw unusable(folder, "its package.json is damaged", aside);
}

function listed(value: unknown): ListedPlugin[] {
  if (typeof value === "string") return [{ name: value, type: "user" }];
  if (!isJsonObject(value)) return [];
  const name = stringAt(value, "name");
  if (name === undefined) return [];
  const plugin: ListedPlugin = { name, type: value["type"] === "link" ? "link" : "user" };
  for (const key of ["tag", "url", "root"] as const) {
    const text = stringAt(value, key);
    if (text !== undefined) plugin[key] = text;
  }
  return [plugin];
}

/** The installed and linked plugins. Throws `install-failed` when the list cannot be read. */
export function listedPlugins(folder: string): ListedPlugin[] {
  const content = parsed(folder);
  const oclif = content === undefined ? undefined : objectAt(content, "oclif");
  return (oclif === undefined ? [] : (arrayAt(oclif, "plugins") ?? [])).flatMap(listed);
}

/** Makes the folder when it is missing. Throws `install-failed` with the reason when nothing can be written there. */
export function prepareDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      EACCES: "it may not be written to",
      EPERM: "it may not be written to",
      EROFS: "it is on a read-only disk",
      ENOSPC: "the disk is full",
      EEXIST: "it is a file",
      ENOTDIR: "a part of its path is a file",
    };
    throw unusable(folder, reasons[code ?? ""] ?? messageOf(error), [
      "Make it a folder you can write to, or name another: CASR_DATA_DIR=<folder>",
    ]);
  }
}

/** The version of a plugin as it lies in the folder; undefined when it does not. */
export function versionIn(folder: string, name: string): string | undefined {
  try {
    const text = readFileSync(join(folder, "node_modules", name, "package.json"), "utf8");
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? stringAt(value, "version") : undefined;
  } catch {
    // Whatever is wrong with it, what is looked for is not there.
    return undefined;
  }
}
