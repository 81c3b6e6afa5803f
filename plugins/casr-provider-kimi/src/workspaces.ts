import type { JsonObject, World } from "casr-cli/provider";
import { objectAt, objectsIn, stringAt } from "./json.ts";
import { cliFolder, cliKey, codeFolder, joined, workspaceKey } from "./paths.ts";
import { readJson } from "./state.ts";

/** The folders that the buckets of sessions stand for, by the names of the buckets. */
export type Workspaces = ReadonlyMap<string, string>;

/**
 * What the shared files of both agents say of their workspaces: `workspaces.json` of Kimi Code, `kimi.json` of
 * kimi-cli. The name of a bucket cannot be turned back into a path.
 */
export async function readWorkspaces(world: World): Promise<Workspaces> {
  const found = new Map<string, string>();
  const catalogue = await readJson(joined(world, codeFolder(world), "workspaces.json"), world);
  for (const [key, entry] of Object.entries(objectAt(catalogue, "workspaces") ?? {})) {
    const root = stringAt(entry as JsonObject, "root");
    if (root === undefined || root === "") continue;
    found.set(key, root);
    found.set(workspaceKey(root), root);
  }
  const older = await readJson(joined(world, cliFolder(world), "kimi.json"), world);
  for (const entry of objectsIn(older?.["work_dirs"])) {
    const path = stringAt(entry, "path");
    if (path === undefined || path === "") continue;
    const kaos = stringAt(entry, "kaos") ?? "local";
    // Sessions on another machine stand under its name.
    found.set(kaos === "local" ? cliKey(path) : `${kaos}_${cliKey(path)}`, path);
  }
  return found;
}
