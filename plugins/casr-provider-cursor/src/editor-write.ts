import { createHash } from "node:crypto";
import type {
  JsonObject,
  PlanStep,
  ProjectedSession,
  SqlStatement,
  World,
  WriteOptions,
} from "casr-cli/provider";
import { Bubbles } from "./editor-bubbles.ts";
import { registered, type Entry } from "./editor-register.ts";
import { refuseWhileRunning } from "./editor-running.ts";
import { EditorStore } from "./editor-store.ts";
import { composerDefaults } from "./editor-template.ts";
import { workspacesOf } from "./editor-workspaces.ts";
import { unwritable } from "./faults.ts";
import { markOf } from "./mark.ts";
import { baseName, editorFolder, sessionPath, stateDatabase, uriOfPath } from "./paths.ts";

/** What a plan for the editor consists of. */
export interface EditorPlan {
  path: string;
  root: string;
  steps: PlanStep[];
  notes: string[];
}

interface Place {
  id: string;
  isKnown: boolean;
}

/**
 * The id of a workspace: the name of its folder where the editor has opened it, else what it will call it (VS
 * Code: MD5 of path and inode; on other systems than Linux of the time the folder was made, which is not known).
 */
async function workspacePlace(editor: string, workspace: string, world: World): Promise<Place> {
  const known = (await workspacesOf(editor, world)).find(({ folder }) => folder === workspace);
  if (known !== undefined) return { id: known.id, isKnown: true };
  const stat = world.platform === "linux" ? await world.files.stat(workspace) : undefined;
  const hash = createHash("md5").update(workspace);
  if (stat !== undefined) hash.update(String(stat.inode));
  return { id: hash.digest("hex"), isKnown: false };
}

function identifierOf(id: string, workspace: string): JsonObject {
  const uri = { $mid: 1, fsPath: workspace, external: uriOfPath(workspace), path: workspace, scheme: "file" };
  return { id, uri };
}

function headOf(values: {
  id: string;
  title: string;
  createdAt: number;
  updatedAt: number;
  identifier: JsonObject;
  mark: JsonObject;
}): JsonObject {
  return {
    type: "head",
    composerId: values.id,
    name: values.title,
    createdAt: values.createdAt,
    lastUpdatedAt: values.updatedAt,
    unifiedMode: "agent",
    forceMode: "edit",
    subtitle: "",
    hasUnreadMessages: false,
    hasBlockingPendingActions: false,
    hasPendingPlan: false,
    isArchived: false,
    isDraft: false,
    isWorktree: false,
    isSpec: false,
    isProject: false,
    isBestOfNSubcomposer: false,
    worktreeStartedReadOnly: false,
    numSubComposers: 0,
    totalLinesAdded: 0,
    totalLinesRemoved: 0,
    filesChangedCount: 0,
    referencedPlans: [],
    trackedGitRepos: [],
    workspaceIdentifier: values.identifier,
    casr: values.mark,
  };
}

const INSERT = "INSERT INTO cursorDiskKV (key, value) VALUES (?, ?)";

/** Plans a session for the editor; refuses while it runs and where its database is not as it should be. */
export async function editorPlan(
  session: ProjectedSession,
  options: WriteOptions,
  about: { title: string; startedAt: number },
  world: World,
): Promise<EditorPlan> {
  const editor = editorFolder(world);
  const path = stateDatabase(editor);
  await refuseWhileRunning(editor, world);
  const { sessionId: id, workspace } = options;
  const place = await workspacePlace(editor, workspace, world);
  const store = await EditorStore.open(path, world);
  if (store === undefined || !store.has("cursorDiskKV") || !store.has("ItemTable")) {
    store?.close();
    throw unwritable(
      `${path} has no place for Cursor's sessions.`,
      path,
      "Start a current Cursor once, so that it makes its tables, then run the command again.",
    );
  }
  const { toolkit } = world;
  const { title, startedAt } = about;
  const identifier = identifierOf(place.id, workspace);
  const mark = markOf(options.lineage);
  const updatedAt = Math.max(world.now(), startedAt);
  const entry: Entry = {
    id,
    head: headOf({ id, title, createdAt: startedAt, updatedAt, identifier, mark }),
    workspace,
    workspaceIdentifier: identifier,
    workspaceId: place.id,
    createdAt: startedAt,
    updatedAt,
    projectId: toolkit.uuidFrom(`project:${workspace}`),
    projectName: baseName(workspace) || workspace,
  };
  let lists: ReturnType<typeof registered>;
  try {
    lists = registered(store, entry);
  } finally {
    store.close();
  }
  async function* statements(): AsyncIterable<SqlStatement> {
    const entries: JsonObject[] = [];
    const bubbles = new Bubbles(id, startedAt, world);
    const rows = function* (written: ReturnType<Bubbles["push"]>): Iterable<SqlStatement> {
      for (const { id: bubbleId, bubble, entry: listed } of written) {
        entries.push(listed);
        yield { sql: INSERT, params: [`bubbleId:${id}:${bubbleId}`, JSON.stringify(bubble)] };
      }
    };
    for await (const message of session.messages()) yield* rows(bubbles.push(message));
    yield* rows(bubbles.finish());
    const data = {
      ...composerDefaults(),
      composerId: id,
      name: title,
      createdAt: startedAt,
      lastUpdatedAt: updatedAt,
      fullConversationHeadersOnly: entries,
      workspaceIdentifier: identifier,
      casr: mark,
    };
    yield { sql: INSERT, params: [`composerData:${id}`, JSON.stringify(data)] };
    // What makes the session visible comes last.
    yield* lists.statements;
  }
  const undo: SqlStatement[] = [
    ...lists.undo,
    { sql: "DELETE FROM cursorDiskKV WHERE key = ?", params: [`composerData:${id}`] },
    // ";" is the character behind ":".
    {
      sql: "DELETE FROM cursorDiskKV WHERE key >= ? AND key < ?",
      params: [`bubbleId:${id}:`, `bubbleId:${id};`],
    },
  ];
  const notes = [
    "The session is in Cursor's Agents panel. Start Cursor only when casr has finished.",
    ...(place.isKnown
      ? []
      : [`Cursor has not opened ${workspace} yet: open that folder to see the session in it.`]),
  ];
  return {
    path: sessionPath(path, id),
    root: editor,
    steps: [{ kind: "sqlite", path, statements, undo }],
    notes,
  };
}
