import { basename, dirname } from "node:path";
import type { JsonObject, Lineage, SessionRef, SessionSummary, Toolkit, World } from "casr-cli/provider";
import { isJsonObject, objectAt, stringAt } from "./json.ts";
import { legacyHeader } from "./legacy.ts";
import { isInjected, ofSubagent } from "./native.ts";
import { EVENTS, HISTORY_FILE, joined, WORKSPACE } from "./paths.ts";
import { readYaml } from "./yaml.ts";

const WINDOW_BYTES = 65_536;

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
    // A line cut by the window, or a damaged one: a listing goes on without it.
    return undefined;
  }
}

async function linesOf(path: string, start: number, end: number, world: World): Promise<string[]> {
  const bytes = await world.files.read(path, { start, end });
  if (bytes === undefined) return [];
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .split("\n");
}

/** What head and tail of the events tell. */
interface Ends {
  start?: JsonObject;
  prompt?: string;
  model?: string;
  lastTime?: number;
}

async function ends(ref: SessionRef, world: World): Promise<Ends> {
  const size = ref.sizeBytes;
  const lines = await linesOf(ref.path, 0, Math.min(size, WINDOW_BYTES), world);
  if (size > WINDOW_BYTES)
    lines.push(...(await linesOf(ref.path, Math.max(size - WINDOW_BYTES, WINDOW_BYTES), size, world)));
  const found: Ends = {};
  for (const line of lines) {
    // Prompts of the system are longer than all else and say nothing.
    if (line.startsWith('{"type":"system.message"')) continue;
    const event = parse(line);
    const data = objectAt(event, "data");
    if (event === undefined || data === undefined) {
      const cut = line.startsWith('{"type":"user.message"') ? cutPrompt(line) : undefined;
      if (cut !== undefined) found.prompt ??= cut;
      continue;
    }
    const time = world.toolkit.parseTimestamp(event["timestamp"]);
    if (time !== undefined) found.lastTime = time;
    if (ofSubagent(event, data)) continue;
    const type = event["type"];
    if (type === "session.start") found.start ??= data;
    const model =
      stringAt(data, "newModel") ??
      stringAt(data, "selectedModel") ??
      (type === "assistant.message" ? stringAt(data, "model") : undefined);
    if (model !== undefined) found.model = model;
    const content =
      type === "user.message" && !isInjected(data) ? stringAt(data, "content")?.trim() : undefined;
    if (content !== undefined && content !== "" && objectAt(data, "casr")?.["origin"] === undefined)
      found.prompt ??= content;
  }
  return found;
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
