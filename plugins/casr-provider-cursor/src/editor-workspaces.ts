import type { World } from "casr-cli/provider";
import { EditorStore } from "./editor-store.ts";
import { isUnreadable } from "./faults.ts";
import { isObject, objectsOf, parseJson, stringOf } from "./json.ts";
import { join, pathOfUri, workspacesFolder } from "./paths.ts";

/** A workspace the editor has opened. */
export interface Workspace {
  /** Name of its folder below `workspaceStorage`. */
  id: string;
  folder?: string;
  database: string;
}

/** The workspaces of an editor's data folder. */
export async function workspacesOf(editor: string, world: World): Promise<Workspace[]> {
  const root = workspacesFolder(editor);
  const found: Workspace[] = [];
  for (const entry of await world.files.list(root)) {
    if (entry.kind !== "directory") continue;
    const path = join(root, entry.name, "workspace.json");
    let text: string | undefined;
    try {
      text = await world.files.readText(path);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
    }
    const parsed = text === undefined ? undefined : parseJson(text);
    const uri = stringOf(isObject(parsed) ? parsed : undefined, "folder");
    const folder = uri === undefined ? undefined : pathOfUri(uri);
    const database = join(root, entry.name, "state.vscdb");
    found.push({ id: entry.name, database, ...(folder === undefined ? {} : { folder }) });
  }
  return found;
}

/** Which folder a session belongs to, by the lists that versions before 3 kept for each workspace. */
async function listedFolders(editor: string, world: World): Promise<Map<string, string>> {
  const folders = new Map<string, string>();
  for (const { folder, database } of await workspacesOf(editor, world)) {
    if (folder === undefined) continue;
    world.signal.throwIfAborted();
    try {
      const store = await EditorStore.open(database, world);
      if (store === undefined) continue;
      try {
        const listed = objectsOf(store.item("composer.composerData"), "allComposers");
        for (const value of listed) {
          const id = stringOf(value, "composerId");
          if (id !== undefined) folders.set(id, folder);
        }
      } finally {
        store.close();
      }
    } catch (error) {
      // Another workspace's list; the session itself can be read without it.
      if (!isUnreadable(error)) throw error;
    }
  }
  return folders;
}

const known = new WeakMap<World, Map<string, Promise<Map<string, string>>>>();

/** The same, looked up once in a run: a listing asks for every session. */
export function foldersBySession(editor: string, world: World): Promise<Map<string, string>> {
  const perWorld = known.get(world) ?? new Map<string, Promise<Map<string, string>>>();
  known.set(world, perWorld);
  const folders = perWorld.get(editor) ?? listedFolders(editor, world);
  perWorld.set(editor, folders);
  return folders;
}
