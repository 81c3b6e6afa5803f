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

/** What head and tail of a session tell. */
interface Ends {
  start: JsonObject | undefined;
  prompt: string | undefined;
  model: string | undefined;
  firstTime: number | undefined;
  lastTime: number | undefined;
}

async function readEnds(path: string, size: number, world: World): Promise<Ends> {
  const ends = await world.toolkit.ends(world.files, path, size);
  const inMessage =
    <T>(pick: (record: JsonObject) => T | undefined) =>
    (record: JsonObject): T | undefined =>
      record["type"] === "message" ? pick(record) : undefined;
  const time = inMessage((record) => world.toolkit.parseTimestamp(record["timestamp"]));
  const start = ends.first('"session_start"', (record) =>
    record["type"] === "session_start" ? record : undefined,
  );
  const prompt = ends.first('"user"', inMessage(promptOf));
  const model = ends.last(
    '"modelId"',
    inMessage((record) => modelName(stringAt(objectAt(record, "message"), "modelId"))),
  );
  const firstTime = ends.first('"message"', time);
  const lastTime = ends.last('"message"', time);
  return { start, prompt, model, firstTime, lastTime };
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
