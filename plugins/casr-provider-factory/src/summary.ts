import type {
  JsonObject,
  Lineage,
  SessionRef,
  SessionSummary,
  Toolkit,
  Usage,
  World,
} from "casr-cli/provider";
import { isJsonObject, numberAt, objectAt, objectsIn, stringAt } from "./json.ts";
import { modelName, promptOf } from "./records.ts";

const WINDOW_BYTES = 65_536;

/** casr's mark in `session_start`. */
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

/** What the settings file beside a session tells. */
export interface SettingsFacts {
  model?: string;
  usage?: Usage;
  isHeadless: boolean;
  isArchived: boolean;
}

/** The path of the settings file beside a session. */
export function settingsPath(path: string): string {
  return path.replace(/\.jsonl$/, ".settings.json");
}

const COUNTS = [
  ["inputTokens", "inputTokens"],
  ["outputTokens", "outputTokens"],
  ["cacheReadTokens", "cacheReadTokens"],
  ["cacheCreationTokens", "cacheWriteTokens"],
  ["thinkingTokens", "reasoningTokens"],
] as const;

/** The facts in `<id>.settings.json`; none when it is missing or damaged. */
export async function settingsFacts(path: string, world: World): Promise<SettingsFacts> {
  const nothing = { isHeadless: false, isArchived: false };
  const file = settingsPath(path);
  if (file === path) return nothing;
  let settings: unknown;
  try {
    const text = await world.files.readText(file);
    if (text === undefined) return nothing;
    settings = JSON.parse(text);
  } catch (error) {
    world.signal.throwIfAborted();
    world.warn({
      code: "unreadable-file",
      message: error instanceof Error ? error.message : String(error),
      path: file,
    });
    return nothing;
  }
  if (!isJsonObject(settings)) return nothing;
  const model = modelName(stringAt(settings, "model"));
  const tokens = objectAt(settings, "tokenUsage");
  const usage: Usage = {};
  for (const [native, common] of COUNTS) {
    const count = numberAt(tokens, native);
    if (count !== undefined && Number.isSafeInteger(count) && count >= 0) usage[common] = count;
  }
  return {
    ...(model === undefined ? {} : { model }),
    ...(Object.keys(usage).length === 0 ? {} : { usage }),
    isHeadless: objectsIn(settings["tags"]).some((tag) => tag["name"] === "exec"),
    isArchived: settings["archivedAt"] !== undefined && settings["archivedAt"] !== null,
  };
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
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  return text.replace(/^\uFEFF/, "").split("\n");
}

/** What head and tail of a session tell. */
interface Ends {
  start?: JsonObject;
  prompt?: string;
  model?: string;
  firstTime?: number;
  lastTime?: number;
}

/** Reads `WINDOW_BYTES` of both ends of a session. */
async function readEnds(path: string, size: number, world: World): Promise<Ends> {
  const lines = await linesOf(path, 0, Math.min(size, WINDOW_BYTES), world);
  if (size > WINDOW_BYTES)
    lines.push(...(await linesOf(path, Math.max(size - WINDOW_BYTES, WINDOW_BYTES), size, world)));
  const found: Ends = {};
  for (const line of lines) {
    const record = parse(line);
    if (record === undefined) continue;
    if (record["type"] === "session_start") found.start ??= record;
    if (record["type"] !== "message") continue;
    const time = world.toolkit.parseTimestamp(record["timestamp"]);
    if (time !== undefined) {
      found.firstTime ??= time;
      found.lastTime = time;
    }
    const model = modelName(stringAt(objectAt(record, "message"), "modelId"));
    if (model !== undefined) found.model = model;
    const prompt = found.prompt === undefined ? promptOf(record) : undefined;
    if (prompt !== undefined) found.prompt = prompt;
  }
  return found;
}

/** The session's title, and whether it is a name that a person or the agent gave. */
export function titleOf(
  start: JsonObject | undefined,
  prompt: string | undefined,
  toolkit: Toolkit,
): { title?: string; nativeName?: string } {
  const given = stringAt(start, "title")?.trim();
  const title = toolkit.titleFrom(given ?? "") ?? toolkit.titleFrom(prompt ?? "");
  const isName = given !== undefined && given !== "" && start?.["isSessionTitleManuallySet"] === true;
  return { ...(title === undefined ? {} : { title }), ...(isName ? { nativeName: given } : {}) };
}

/** What a listing shows of a session. */
export async function summarize(ref: SessionRef, world: World): Promise<SessionSummary> {
  const ends = await readEnds(ref.path, ref.sizeBytes, world);
  const settings = await settingsFacts(ref.path, world);
  const { start, firstTime, lastTime } = ends;
  const workspace = stringAt(start, "cwd");
  const model = ends.model ?? settings.model;
  const lineage = lineageOf(start, world.toolkit);
  const hidden =
    stringAt(start, "callingSessionId") !== undefined
      ? "subagent"
      : settings.isArchived
        ? "archived"
        : settings.isHeadless
          ? "headless"
          : undefined;
  return {
    ref,
    ...titleOf(start, ends.prompt, world.toolkit),
    ...(workspace === undefined ? {} : { workspace }),
    ...(firstTime === undefined ? {} : { startedAt: firstTime }),
    ...(lastTime === undefined ? {} : { lastActiveAt: lastTime }),
    ...(model === undefined ? {} : { model }),
    ...(lineage === undefined ? {} : { lineage }),
    ...(hidden === undefined ? {} : { hidden }),
  };
}
