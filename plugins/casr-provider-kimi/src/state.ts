import type { JsonObject, Lineage, Toolkit, World } from "casr-cli/provider";
import { isJsonObject, objectAt, stringAt, usableTime } from "./json.ts";
import { oneLine } from "./one-line.ts";

/** The largest `state.json` that is read; genuine ones have a few kilobytes. */
const MAX_BYTES = 4 * 1024 * 1024;

/** A small JSON file; undefined when it is not there, and with a warning when it is damaged. */
export async function readJson(path: string, world: World): Promise<JsonObject | undefined> {
  try {
    const stat = await world.files.stat(path);
    if (stat?.kind !== "file" || stat.size > MAX_BYTES) return undefined;
    const value: unknown = JSON.parse((await world.files.readText(path)) ?? "null");
    if (isJsonObject(value)) return value;
    world.warn({ code: "bad-file", message: "is not a JSON object and is left out", path });
  } catch (error) {
    world.signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    world.warn({ code: "bad-file", message: `cannot be read: ${message}`, path });
  }
  return undefined;
}

/** What a session's `state.json` tells. */
export interface State {
  title?: string;
  /** A name that a person or the agent's model gave it. */
  nativeName?: string;
  prompt?: string;
  workspace?: string;
  startedAt?: number;
  updatedAt?: number;
  isArchived: boolean;
  /** The session this one was forked off. */
  parent?: string;
  lineage?: Lineage;
}

/** casr's mark in `custom`. */
function lineageOf(custom: JsonObject | undefined, toolkit: Toolkit): Lineage | undefined {
  const mark = objectAt(custom, "casr");
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

const PLACEHOLDERS = new Set(["", "New Session", "Untitled", "Imported session"]);

/** The facts in a `state.json` of Kimi Code, also of its first versions (`customTitle`, `workDir`). */
export function stateOf(raw: JsonObject | undefined, toolkit: Toolkit): State {
  const custom = objectAt(raw, "custom");
  const lineage = lineageOf(custom, toolkit);
  const own = stringAt(raw, "title") ?? stringAt(raw, "customTitle") ?? "";
  const title = PLACEHOLDERS.has(own.trim()) ? undefined : oneLine(own, 200);
  const kind = raw?.["isCustomTitle"] === true ? "custom" : stringAt(raw, "titleKind");
  const isNamed = kind === "custom" || kind === "generated" || stringAt(raw, "customTitle") === own;
  const workspace = [raw?.["cwd"], raw?.["workDir"], custom?.["cwd"]].find(
    (path): path is string => typeof path === "string" && path !== "",
  );
  const prompt = stringAt(raw, "lastPrompt");
  const parent = stringAt(raw, "forkedFrom") ?? stringAt(custom, "parent_session_id");
  const startedAt = usableTime(toolkit.parseTimestamp(raw?.["createdAt"]));
  const updatedAt = usableTime(toolkit.parseTimestamp(raw?.["updatedAt"]));
  return {
    ...(title === undefined || title === "" ? {} : { title }),
    ...(title === undefined || title === "" || !isNamed || lineage !== undefined
      ? {}
      : { nativeName: title }),
    ...(prompt === undefined || prompt.trim() === "" ? {} : { prompt }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(updatedAt === undefined ? {} : { updatedAt }),
    isArchived: raw?.["archived"] === true,
    ...(parent === undefined || parent === "" ? {} : { parent }),
    ...(lineage === undefined ? {} : { lineage }),
  };
}
