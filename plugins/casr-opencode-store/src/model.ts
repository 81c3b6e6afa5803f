import type { Database, World } from "casr-cli/provider";
import { arrayOf, isObject, parseJson, stringOf } from "./json.ts";
import { parseJsonc } from "./jsonc.ts";
import type { Fork, ModelName } from "./native.ts";
import { configFolders, join, pathIn, stateFolders } from "./paths.ts";
import { modelName } from "./rows.ts";

/** `provider/model`, where the model's name may hold further slashes. */
function named(text: string | undefined): ModelName | undefined {
  const at = text?.indexOf("/") ?? -1;
  return text === undefined || at <= 0 || at === text.length - 1
    ? undefined
    : { providerID: text.slice(0, at), modelID: text.slice(at + 1) };
}

/** The model of the session used last. */
function lastUsed(database: Database, columns: ReadonlySet<string>): ModelName | undefined {
  const inSession =
    "SELECT model AS data FROM session WHERE model IS NOT NULL ORDER BY time_updated DESC LIMIT 5";
  const inMessage = `SELECT m.data AS data FROM message m JOIN (
    SELECT id FROM session ORDER BY time_updated DESC LIMIT 5
  ) s ON m.session_id = s.id ORDER BY m.time_created DESC LIMIT 20`;
  for (const sql of columns.has("model") ? [inSession, inMessage] : [inMessage]) {
    for (const row of database.iterate(sql)) {
      const value = typeof row["data"] === "string" ? parseJson(row["data"]) : undefined;
      const found = modelName(value) ?? modelName(isObject(value) ? value["model"] : undefined);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The model of the user's configuration: the project's file, then the user's. */
async function configured(workspace: string, fork: Fork, world: World): Promise<ModelName | undefined> {
  const inline = world.env[fork.variables.configContent];
  const given = named(stringOf(inline === undefined ? undefined : parseJsonc(inline), "model"));
  if (given !== undefined) return given;
  const chosen = pathIn(fork.variables.config, world);
  const folders = [workspace, ...configFolders(fork, world)];
  const files = folders.flatMap((folder) => fork.configNames.map((name) => join(folder, name)));
  for (const path of chosen === undefined ? files : [chosen, ...files]) {
    const text = await readQuietly(path, world);
    const found = named(stringOf(text === undefined ? undefined : parseJsonc(text), "model"));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The model chosen last in the terminal UI. */
async function recent(fork: Fork, world: World): Promise<ModelName | undefined> {
  for (const folder of stateFolders(fork, world)) {
    const text = await readQuietly(join(folder, "model.json"), world);
    const [first] = arrayOf(text === undefined ? undefined : parseJson(text), "recent");
    const found = modelName(first);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Settings that cannot be read are as good as none. */
async function readQuietly(path: string, world: World): Promise<string | undefined> {
  try {
    return await world.files.readText(path);
  } catch (error) {
    world.signal.throwIfAborted();
    world.warn({ code: "unreadable-settings", message: (error as Error).message, path });
    return undefined;
  }
}

/** The vendor of a model, where its name tells. */
export function vendorOf(model: string): string | undefined {
  if (/claude/i.test(model)) return "anthropic";
  if (/^(?:gpt|o\d|codex|chatgpt)/i.test(model)) return "openai";
  return /^gemini/i.test(model) ? "google" : undefined;
}

/**
 * A model that exists for this user: without one a headless resume fails. The one used last, else the configured
 * one, else the one chosen last. Undefined when nothing tells.
 */
export async function userModel(
  database: Database | undefined,
  columns: ReadonlySet<string>,
  workspace: string,
  fork: Fork,
  world: World,
): Promise<ModelName | undefined> {
  const used = database === undefined ? undefined : lastUsed(database, columns);
  return used ?? (await configured(workspace, fork, world)) ?? (await recent(fork, world));
}
