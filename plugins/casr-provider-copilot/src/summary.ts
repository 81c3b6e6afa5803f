import { basename, dirname } from "node:path";
import type {
  FileEnds,
  JsonObject,
  Lineage,
  SessionRef,
  SessionSummary,
  Toolkit,
  World,
} from "casr-cli/provider";
import { isJsonObject, objectAt, stringAt } from "./json.ts";
import { legacyHeader } from "./legacy.ts";
import { isInjected, ofSubagent } from "./native.ts";
import { EVENTS, HISTORY_FILE, joined, WORKSPACE } from "./paths.ts";
import { readYaml } from "./yaml.ts";

/** What `workspace.yaml` beside the events tells. */
export interface WorkspaceFacts {
  name?: string;
  cwd?: string;
  branch?: string;
  createdAt?: number;
}

/** The `workspace.yaml` of the session with its events at `path`; undefined for a flat file, which has none. */
export function workspaceFile(path: string, world: World): string | undefined {
  return basename(path) === EVENTS ? joined(world, dirname(path), WORKSPACE) : undefined;
}

/** The facts in a session's `workspace.yaml`; none for a flat file, or when it cannot be read. */
export async function workspaceFacts(path: string, world: World): Promise<WorkspaceFacts> {
  const file = workspaceFile(path, world);
  if (file === undefined) return {};
  let text: string | undefined;
  try {
    text = await world.files.readText(file);
  } catch (error) {
    world.signal.throwIfAborted();
    world.warn({
      code: "unreadable-file",
      message: error instanceof Error ? error.message : String(error),
      path: file,
    });
  }
  if (text === undefined) return {};
  const values = readYaml(text);
  const name = values.get("name")?.trim();
  const cwd = values.get("cwd");
  const branch = values.get("branch");
  const createdAt = world.toolkit.parseTimestamp(values.get("created_at"));
  return {
    ...(name === undefined || name === "" ? {} : { name }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(branch === undefined ? {} : { branch }),
    ...(createdAt === undefined ? {} : { createdAt }),
  };
}

/** casr's mark in `session.start`. */
export function lineageOf(start: JsonObject | undefined, toolkit: Toolkit): Lineage | undefined {
  const mark = objectAt(start, "casr");
  const source = objectAt(mark, "source");
  const sourceProvider = stringAt(source, "provider");
  const sourceId = stringAt(source, "id");
  const digest = stringAt(mark, "digest");
  const casrVersion = stringAt(mark, "version");
  const convertedAt = toolkit.parseTimestamp(mark?.["converted_at"]);
  if (sourceProvider === undefined || sourceId === undefined || digest === undefined) return undefined;
  if (casrVersion === undefined || convertedAt === undefined) return undefined;
  return { sourceProvider, sourceId, digest, casrVersion, convertedAt };
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // Cut off, or damaged: a listing goes on without it.
    return undefined;
  }
}

/** What head and tail of the events tell. */
interface Ends {
  start: JsonObject | undefined;
  prompt: string | undefined;
  model: string | undefined;
  lastTime: number | undefined;
}

async function ends(ref: SessionRef, world: World): Promise<Ends> {
  const found = await world.toolkit.ends(world.files, ref.path, ref.sizeBytes);
  const ofMain =
    <T>(pick: (event: JsonObject, data: JsonObject) => T | undefined) =>
    (event: JsonObject): T | undefined => {
      const data = objectAt(event, "data");
      return data === undefined || ofSubagent(event, data) ? undefined : pick(event, data);
    };
  const start = found.first(
    '"session.start"',
    ofMain((event, data) => (event["type"] === "session.start" ? data : undefined)),
  );
  // "newModel", "selectedModel" and "model"
  const model = found.last('odel"', ofMain(modelOf));
  const lastTime = found.last('"timestamp"', (event) =>
    objectAt(event, "data") === undefined || event["type"] === "system.message"
      ? undefined
      : world.toolkit.parseTimestamp(event["timestamp"]),
  );
  const prompt = firstPrompt(found, ofMain(promptOf));
  return { start, prompt, model, lastTime };
}

function modelOf(event: JsonObject, data: JsonObject): string | undefined {
  return (
    stringAt(data, "newModel") ??
    stringAt(data, "selectedModel") ??
    (event["type"] === "assistant.message" ? stringAt(data, "model") : undefined)
  );
}

function promptOf(event: JsonObject, data: JsonObject): string | undefined {
  if (event["type"] !== "user.message" || isInjected(data)) return undefined;
  if (objectAt(data, "casr")?.["origin"] !== undefined) return undefined;
  return stringAt(data, "content")?.trim() || undefined;
}

/** The first prompt of a person; its line may go beyond the part that was read. */
function firstPrompt(
  found: FileEnds,
  promptIn: (event: JsonObject) => string | undefined,
): string | undefined {
  for (const line of found.lines('"user.message"')) {
    const isCut = objectAt(line.record, "data") === undefined;
    if (isCut && !line.startsWith('{"type":"user.message"')) continue;
    const prompt = isCut ? cutPrompt(line.text) : promptIn(line.record!);
    if (prompt !== undefined) return prompt;
  }
  return undefined;
}

/** The beginning of a prompt whose line goes beyond the window. */
function cutPrompt(line: string): string | undefined {
  const match = /"content":("(?:[^"\\]|\\.){1,4000})/.exec(line.slice(0, 8192));
  return match === null ? undefined : stringAt(parse(`{"text":${match[1]!}"}`), "text");
}

/** What a listing shows of a session. */
export async function summarize(ref: SessionRef, world: World): Promise<SessionSummary> {
  if (HISTORY_FILE.test(basename(ref.path))) {
    const { title, startedAt, endedAt, model } = await legacyHeader(ref, world);
    return {
      ref,
      ...(title === undefined ? {} : { title }),
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(endedAt === undefined ? {} : { lastActiveAt: endedAt }),
      ...(model === undefined ? {} : { model }),
    };
  }
  const [facts, found] = [await workspaceFacts(ref.path, world), await ends(ref, world)];
  const { titleFrom, parseTimestamp } = world.toolkit;
  const context = objectAt(found.start, "context");
  const title = titleFrom(facts.name ?? "") ?? titleFrom(found.prompt ?? "");
  const workspace = facts.cwd ?? stringAt(context, "cwd");
  const startedAt = parseTimestamp(found.start?.["startTime"]) ?? facts.createdAt;
  const gitBranch = facts.branch ?? stringAt(context, "branch");
  const lineage = lineageOf(found.start, world.toolkit);
  return {
    ref,
    ...(title === undefined ? {} : { title }),
    ...(facts.name === undefined ? {} : { nativeName: facts.name }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(found.lastTime === undefined ? {} : { lastActiveAt: found.lastTime }),
    ...(found.model === undefined ? {} : { model: found.model }),
    ...(gitBranch === undefined ? {} : { gitBranch }),
    ...(lineage === undefined ? {} : { lineage }),
  };
}
