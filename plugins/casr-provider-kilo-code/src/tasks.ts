import type {
  JsonDocument,
  JsonObject,
  SessionHeader,
  SessionRef,
  SessionSummary,
  World,
} from "casr-cli/provider";
import { unreadable } from "casr-opencode-store/faults";
import { isObject, numberOf, parseJson, stringOf } from "casr-opencode-store/json";
import { baseName, folderOf, isAbsolute, join } from "casr-opencode-store/paths";
import { defined } from "casr-opencode-store/rows";
import { KILO_CODE } from "./native.ts";

/** The conversation of a task of the older extension (4.x, 5.x for VS Code): one JSON array of Anthropic messages. */
const HISTORY_FILE = "api_conversation_history.json";
const EXTENSION = "kilocode.kilo-code";
const EDITORS = ["Code", "Code - Insiders", "VSCodium", "Cursor", "Windsurf"];
const TASK_ID = /^[A-Za-z0-9][A-Za-z0-9-]{5,80}$/;

/** Folders with `tasks/`: the extension's in each editor, and that of the first command line (0.x). */
function taskFolders(world: World): string[] {
  const { home, platform, env } = world;
  const roaming = env["APPDATA"];
  const settings =
    platform === "darwin"
      ? join(home, "Library", "Application Support")
      : platform === "win32"
        ? (roaming ?? join(home, "AppData", "Roaming"))
        : (env["XDG_CONFIG_HOME"] ?? join(home, ".config"));
  const stores = EDITORS.map((editor) => join(settings, editor, "User", "globalStorage", EXTENSION));
  const remote = join(home, ".vscode-server", "data", "User", "globalStorage", EXTENSION);
  return [...stores, remote, join(home, ".kilocode", "cli", "global")].map((folder) => join(folder, "tasks"));
}

/** Tasks whose id begins with `prefix` (lower case), in no order. */
export async function* tasks(prefix: string, world: World): AsyncIterable<SessionRef> {
  for (const folder of taskFolders(world)) {
    for (const { name, kind } of await world.files.list(folder)) {
      if (kind !== "directory" || !TASK_ID.test(name) || !name.toLowerCase().startsWith(prefix)) continue;
      const ref = await taskAt(join(folder, name, HISTORY_FILE), world);
      if (ref !== undefined) yield ref;
    }
  }
}

/** The task whose history is the file at `path`; undefined when it is none. */
export async function taskAt(path: string, world: World): Promise<SessionRef | undefined> {
  const id = baseName(folderOf(path));
  if (baseName(path) !== HISTORY_FILE || !TASK_ID.test(id)) return undefined;
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file") return undefined;
  return { provider: KILO_CODE.slug, id, path, sizeBytes: stat.size, modifiedAt: stat.mtimeMs };
}

/** Where the extension and the first command line keep a task, wherever their folder was copied to. */
const TASK_PLACE =
  /[\\/](?:kilocode\.kilo-code|\.kilocode[\\/]cli[\\/]global)[\\/]tasks[\\/][^\\/]+[\\/][^\\/]+$/;

/** Whether a file at `path` can be a task's, by the folders it lies in. */
export function isTaskPath(path: string): boolean {
  return TASK_PLACE.test(path);
}

/** Whether a session is a task of the older extension. */
export function isTask(ref: Pick<SessionRef, "path">): boolean {
  return baseName(ref.path) === HISTORY_FILE;
}

/** A task's history, indexed; `source-unreadable` when the file is no JSON array. */
export async function openTask(path: string, world: World): Promise<JsonDocument> {
  const document = await world.files.json(path, { lists: [] });
  if (document?.root === "array") return document;
  throw unreadable(`${path} is not a JSON array`, path);
}

async function objectAt(path: string, world: World): Promise<JsonObject | undefined> {
  const text = await world.files.readText(path);
  const value = text === undefined ? undefined : parseJson(text);
  return isObject(value) ? value : undefined;
}

/** What the extension notes about a task, in versions that write a file for it. */
async function noteOf(ref: SessionRef, world: World): Promise<JsonObject | undefined> {
  return objectAt(join(folderOf(ref.path), "history_item.json"), world);
}

/** Epoch ms an id stands for: early ids are the time itself, UUIDs of version 7 begin with it. */
function startOf(id: string): number | undefined {
  if (/^\d{13}$/.test(id)) return Number(id);
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7/i.test(id)
    ? Number.parseInt(id.replace("-", "").slice(0, 12), 16)
    : undefined;
}

/** The first text of a task, and the folder its environment names, from the head of its history. */
async function headOf(ref: SessionRef, world: World): Promise<{ text?: string; workspace?: string }> {
  const bytes = await world.files.read(ref.path, { start: 0, end: Math.min(ref.sizeBytes, 64 * 1024) });
  const head = bytes === undefined ? "" : Buffer.from(bytes).toString("utf8");
  const raw = /"text"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(head)?.[1];
  const text = raw === undefined ? undefined : parseJson(raw);
  const workspace = /Current (?:Workspace|Working) Directory \(([^()\\"]+)\) Files/.exec(head)?.[1];
  return defined<{ text?: string; workspace?: string }>({
    text: typeof text === "string" ? text.replace(/<\/?task>\n?/g, "") : undefined,
    workspace,
  });
}

/** What a listing shows of a task. */
export async function summarizeTask(ref: SessionRef, world: World): Promise<SessionSummary> {
  const note = await noteOf(ref, world);
  const head = await headOf(ref, world);
  const workspace = stringOf(note, "workspace") ?? head.workspace;
  return defined<SessionSummary>({
    ref,
    title: world.toolkit.titleFrom(stringOf(note, "task") ?? head.text ?? ""),
    nativeName: undefined,
    workspace: workspace !== undefined && isAbsolute(workspace) ? workspace : undefined,
    startedAt: startOf(ref.id),
    lastActiveAt: numberOf(note, "ts") ?? ref.modifiedAt,
    model: undefined,
    gitBranch: undefined,
    lineage: undefined,
    hidden: stringOf(note, "parentTaskId") === undefined ? undefined : "subagent",
  });
}

/** Everything about a task but its messages. */
export async function taskHeader(ref: SessionRef, world: World): Promise<SessionHeader> {
  const { title, workspace, startedAt, lastActiveAt } = await summarizeTask(ref, world);
  const header: SessionHeader = { id: ref.id, provider: KILO_CODE.slug, metadata: {}, sourcePath: ref.path };
  return {
    ...header,
    ...defined<Partial<SessionHeader>>({ title, workspace, startedAt, endedAt: lastActiveAt }),
  };
}
