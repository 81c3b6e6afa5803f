import type { JsonObject, SessionRef, SessionSummary, World } from "casr-cli/provider";
import { AgentStore } from "./agent-store.ts";
import { userTexts, workspaceIn } from "./agent-text.ts";
import { isUnreadable } from "./faults.ts";
import { isObject, numberOf, objectOf, objectsOf, parseJson, stringOf } from "./json.ts";
import { defined, lineageOf } from "./mark.ts";
import { givenName, modelName, SLUG, USABLE_ID } from "./native.ts";
import { agentFolders, baseName, folderOf, isAbsolute, join, workspaceKey } from "./paths.ts";

export const STORE = "store.db";
/** How many messages at the beginning are looked at for the first prompt and the workspace. */
const FIRST_MESSAGES = 12;

/** The chats of `cursor-agent`, also those of editors that speak to it over ACP. */
export async function agentChats(world: World): Promise<SessionRef[]> {
  const refs: SessionRef[] = [];
  const seen = new Set<string>();
  for (const folder of agentFolders(world)) {
    const buckets = (await folders(join(folder, "chats"), world)).map((name) => join(folder, "chats", name));
    for (const bucket of [...buckets, join(folder, "acp-sessions")]) {
      world.signal.throwIfAborted();
      for (const id of await folders(bucket, world)) {
        const path = join(bucket, id, STORE);
        if (!USABLE_ID.test(id) || seen.has(path)) continue;
        seen.add(path);
        const ref = await refOf(path, world);
        if (ref !== undefined) refs.push(ref);
      }
    }
  }
  return refs;
}

async function folders(path: string, world: World): Promise<string[]> {
  const entries = await world.files.list(path);
  return entries.filter((entry) => entry.kind === "directory").map((entry) => entry.name);
}

async function refOf(path: string, world: World): Promise<SessionRef | undefined> {
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file") return undefined;
  const log = await world.files.stat(`${path}-wal`);
  return {
    provider: SLUG,
    id: baseName(folderOf(path)),
    path,
    sizeBytes: stat.size + (log?.size ?? 0),
    modifiedAt: Math.max(stat.mtimeMs, log?.mtimeMs ?? 0),
  };
}

/** The chat in a `store.db` or in the folder that holds one. */
export async function identifyAgent(path: string, world: World): Promise<SessionRef | undefined> {
  const stat = await world.files.stat(path);
  const file = stat?.kind === "directory" ? join(path, STORE) : path;
  if (baseName(file) !== STORE) return undefined;
  const ref = await refOf(file, world);
  if (ref === undefined) return undefined;
  const store = await AgentStore.open(file, world);
  if (store === undefined) return undefined;
  try {
    const id = stringOf(store.meta(), "agentId");
    return id !== undefined && USABLE_ID.test(id) ? { ...ref, id } : ref;
  } finally {
    store.close();
  }
}

/** What is known of a chat besides its messages. */
export interface AgentFacts {
  title?: string;
  nativeName?: string;
  workspace?: string;
  startedAt?: number;
  updatedAt?: number;
  model?: string;
  parentId?: string;
  mark?: JsonObject;
  mode?: string;
}

/** Facts from `meta.json`, the database's own record and, where those are silent, the first messages. */
export async function agentFacts(store: AgentStore, world: World): Promise<AgentFacts> {
  const meta = store.meta();
  const file = await metaFile(store.path, world);
  const nativeName = givenName(file["title"]) ?? givenName(meta["name"]);
  const first = nativeName === undefined || !hasWorkspace(file, meta) ? firstFacts(store, world) : {};
  const workspace = [
    stringOf(file, "cwd"),
    stringOf(meta, "workspacePath"),
    store.workspace(),
    first.workspace,
    bucketWorkspace(store.path, world),
  ].find((path) => path !== undefined && isAbsolute(path));
  return defined<AgentFacts>({
    title: world.toolkit.titleFrom(nativeName ?? first.prompt ?? ""),
    nativeName,
    workspace,
    startedAt: numberOf(file, "createdAtMs") ?? numberOf(meta, "createdAt"),
    updatedAt: numberOf(file, "updatedAtMs"),
    model: modelName(meta["lastUsedModel"]),
    parentId: stringOf(objectOf(meta, "subagentInfo"), "parentAgentId") || undefined,
    mark: objectOf(meta, "casr"),
    mode: stringOf(meta, "mode"),
  });
}

function hasWorkspace(file: JsonObject, meta: JsonObject): boolean {
  return stringOf(file, "cwd") !== undefined || stringOf(meta, "workspacePath") !== undefined;
}

/** The folder the name of the bucket was made from, if it is one casr knows of. */
function bucketWorkspace(path: string, world: World): string | undefined {
  const bucket = baseName(folderOf(folderOf(path)));
  return [world.cwd, world.home].find((folder) => workspaceKey(folder) === bucket);
}

async function metaFile(path: string, world: World): Promise<JsonObject> {
  try {
    const text = await world.files.readText(join(folderOf(path), "meta.json"));
    const parsed = text === undefined ? undefined : parseJson(text);
    return isObject(parsed) ? parsed : {};
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return {};
  }
}

function firstFacts(store: AgentStore, world: World): { prompt?: string; workspace?: string } {
  const found: { prompt?: string | undefined; workspace?: string | undefined } = {};
  for (const place of store.places(world).slice(0, FIRST_MESSAGES)) {
    const message = store.message(place);
    if (message?.["role"] !== "user") continue;
    const { content } = message;
    const texts =
      typeof content === "string"
        ? [content]
        : objectsOf(message, "content").flatMap((part) => stringOf(part, "text") ?? []);
    for (const text of texts) {
      found.workspace ??= workspaceIn(text);
      const said = userTexts(text).find(({ origin }) => origin === "person");
      if (said !== undefined) found.prompt ??= said.text;
    }
    if (found.prompt !== undefined) break;
  }
  return defined<{ prompt?: string; workspace?: string }>({
    prompt: found.prompt,
    workspace: found.workspace,
  });
}

/** What a listing shows of a chat. */
export async function summarizeAgent(ref: SessionRef, world: World): Promise<SessionSummary> {
  const store = await AgentStore.open(ref.path, world);
  if (store === undefined) return { ref };
  try {
    const facts = await agentFacts(store, world);
    return defined<SessionSummary>({
      ref,
      title: facts.title,
      nativeName: facts.nativeName,
      workspace: facts.workspace,
      startedAt: facts.startedAt,
      lastActiveAt: Math.trunc(facts.updatedAt ?? ref.modifiedAt),
      model: facts.model,
      gitBranch: undefined,
      lineage: lineageOf(facts.mark, world),
      hidden: facts.parentId === undefined ? undefined : "subagent",
    });
  } finally {
    store.close();
  }
}
