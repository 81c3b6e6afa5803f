import type { SessionRef, SessionSummary, World } from "casr-cli/provider";
import { orderOf } from "./editor-order.ts";
import { recordOf, tabsOf } from "./editor-session.ts";
import { EditorStore, headOf, type Head } from "./editor-store.ts";
import { bubbleText } from "./editor-text.ts";
import { foldersBySession, workspacesOf } from "./editor-workspaces.ts";
import { isUnreadable } from "./faults.ts";
import { isObject, stringOf } from "./json.ts";
import { SLUG, USABLE_ID, USER_BUBBLE } from "./native.ts";
import { editorFolder, sessionPath, splitSessionPath, stateDatabase } from "./paths.ts";
import { headSummary, headWorkspace, listedOf } from "./summary.ts";

/** A session in a database, with what the editor's index says of it. `folder` is where a workspace's list names it. */
function refOf(store: EditorStore, size: number, head: Head, folder?: string): SessionRef {
  return {
    provider: SLUG,
    id: head.id,
    path: sessionPath(store.path, head.id),
    files: [store.path],
    sizeBytes: size,
    modifiedAt: head.updatedAt ?? head.createdAt ?? 0,
    listed: listedOf(head, folder),
  };
}

/** The folder a workspace's list names a session in, which only matters where the session does not say itself. */
async function folderOf(path: string, head: Head, world: World): Promise<string | undefined> {
  const editor = editorFolder(world);
  if (path !== stateDatabase(editor) || headWorkspace(head) !== undefined) return undefined;
  return (await foldersBySession(editor, world)).get(head.id);
}

/** Opens a database for `look`; one that cannot be read becomes a warning and hides nothing else. */
async function withStore<T>(
  path: string,
  world: World,
  look: (store: EditorStore, size: number) => T[] | Promise<T[]>,
): Promise<T[]> {
  try {
    const stat = await world.files.stat(path);
    const store = stat?.kind === "file" ? await EditorStore.open(path, world) : undefined;
    if (store === undefined) return [];
    try {
      return await look(store, stat!.size);
    } finally {
      store.close();
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    world.warn({ code: "unreadable-database", message: (error as Error).message, path });
    return [];
  }
}

/** Sessions whose id begins with `prefix`; `all` with subagents and sessions without messages. */
export async function editorSessions(world: World, prefix = "", all = false): Promise<SessionRef[]> {
  const editor = editorFolder(world);
  let current = false;
  const found = await withStore(stateDatabase(editor), world, async (store, size) => {
    current = store.has("composerHeaders");
    const sessions: SessionRef[] = [];
    for (const head of store.heads(prefix)) {
      world.signal.throwIfAborted();
      if (!USABLE_ID.test(head.id) || (!all && head.subagent) || !store.hasMessages(head.id)) continue;
      sessions.push(refOf(store, size, head, await folderOf(store.path, head, world)));
    }
    return sessions;
  });
  // Editors that have the table of heads know nothing of the chat panel of 2023 any more.
  return current ? found : [...found, ...(await tabSessions(editor, prefix, world))];
}

async function tabSessions(editor: string, prefix: string, world: World): Promise<SessionRef[]> {
  const found: SessionRef[] = [];
  for (const { database, folder } of await workspacesOf(editor, world)) {
    world.signal.throwIfAborted();
    found.push(
      ...(await withStore(database, world, (store, size) =>
        tabsOf(store).flatMap((tab) => {
          const id = stringOf(tab, "tabId");
          if (id === undefined || !USABLE_ID.test(id) || !id.startsWith(prefix)) return [];
          const uri = folder === undefined ? {} : { workspaceIdentifier: { uri: { fsPath: folder } } };
          const value = {
            composerId: id,
            name: tab["chatTitle"] ?? null,
            lastUpdatedAt: tab["lastSendTime"] ?? null,
          };
          const head = headOf({ ...value, ...uri });
          return head === undefined || orderOf(tab).places.length === 0 ? [] : [refOf(store, size, head)];
        }),
      )),
    );
  }
  return found;
}

/** The session at `<database>/<id>`; a database alone means the session that was used last. */
export async function identifyEditor(path: string, world: World): Promise<SessionRef | undefined> {
  const stat = await world.files.stat(path);
  if (stat?.kind === "directory") return undefined;
  const split = stat === undefined ? splitSessionPath(path) : undefined;
  const database = split?.database ?? path;
  if (!/\.(?:vscdb|db|sqlite)$/iu.test(database)) return undefined;
  const size = stat ?? (await world.files.stat(database));
  if (size?.kind !== "file") return undefined;
  const store = await EditorStore.open(database, world);
  if (store === undefined) return undefined;
  try {
    const head =
      split === undefined ? newest(store, world) : (store.head(split.id) ?? tabHead(store, split.id));
    if (head === undefined) return undefined;
    return refOf(store, size.size, head, await folderOf(database, head, world));
  } finally {
    store.close();
  }
}

function tabHead(store: EditorStore, id: string): Head | undefined {
  const tab = tabsOf(store).find((one) => stringOf(one, "tabId") === id);
  return tab === undefined
    ? undefined
    : headOf({ composerId: id, name: tab["chatTitle"] ?? null, lastUpdatedAt: tab["lastSendTime"] ?? null });
}

function newest(store: EditorStore, world: World): Head | undefined {
  const heads = [...store.heads()].filter((head) => USABLE_ID.test(head.id) && !head.subagent);
  heads.sort((a, b) => (b.updatedAt ?? 0) - (a.updatedAt ?? 0));
  const head = heads.find(({ id }) => store.hasMessages(id));
  if (head !== undefined && heads.length > 1) {
    const message = `${store.path} holds ${heads.length} sessions: the one used last was taken`;
    world.warn({ code: "several-sessions", message, path: store.path });
  }
  return head;
}

/** What a listing shows. Only of sessions without a name the first message is read. */
export async function summarizeEditor(ref: SessionRef, world: World): Promise<SessionSummary> {
  const listed = ref.listed ?? (await identifyEditor(ref.path, world))?.listed;
  if (listed === undefined) return { ref };
  const summary = headSummary(ref, listed, world);
  if (summary.title !== undefined) return summary;
  const title = world.toolkit.titleFrom((await firstPrompt(ref, world)) ?? "");
  return title === undefined ? summary : { ...summary, title };
}

async function firstPrompt(ref: SessionRef, world: World): Promise<string | undefined> {
  const split = splitSessionPath(ref.path);
  if (split === undefined) return undefined;
  const [text] = await withStore(split.database, world, (store) => {
    const data = recordOf(store, ref.id);
    if (data === undefined) return [];
    for (const place of orderOf(data).places.slice(0, 20)) {
      const bubble = store.object(`bubbleId:${ref.id}:${place.id}`) ?? place.bubble;
      const type = isObject(bubble) ? (bubble["type"] ?? place.type) : undefined;
      if (!isObject(bubble) || (type !== USER_BUBBLE && type !== "user")) continue;
      const said = bubbleText(bubble);
      if (said.trim() !== "") return [said];
    }
    return [];
  });
  return text;
}
