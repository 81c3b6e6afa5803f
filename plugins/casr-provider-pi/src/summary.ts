import type { JsonObject, Lineage, SessionRef, SessionSummary, Toolkit, World } from "casr-cli/provider";
import { modelOf, promptOf, timeOf } from "./entries.ts";
import { isJsonObject, objectAt, stringAt } from "./json.ts";

const WINDOW_BYTES = 65_536;

/** casr's mark in the first line. */
export function lineageOf(head: JsonObject | undefined, toolkit: Toolkit): Lineage | undefined {
  const mark = objectAt(head, "casr");
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

/** The session's title, and the name a person gave it. A name casr wrote from a title is none. */
export function titleOf(
  name: string | undefined,
  prompt: string | undefined,
  isOwn: boolean,
  toolkit: Toolkit,
): { title?: string; nativeName?: string } {
  const given = name === undefined || name === "" ? undefined : name;
  const title = toolkit.titleFrom(given ?? "") ?? toolkit.titleFrom(prompt ?? "");
  return {
    ...(title === undefined ? {} : { title }),
    ...(given === undefined || !isOwn ? {} : { nativeName: given }),
  };
}

function parse(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
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
  head?: JsonObject;
  name?: string;
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
    if (record["type"] === "session") {
      found.head ??= record;
      continue;
    }
    const time = timeOf(record, world);
    if (time !== undefined) {
      found.firstTime ??= time;
      found.lastTime = time;
    }
    if (record["type"] === "session_info") found.name = (stringAt(record, "name") ?? "").trim();
    const model = modelOf(record);
    if (model !== undefined) found.model = model;
    const prompt = found.prompt === undefined ? promptOf(record) : undefined;
    if (prompt !== undefined) found.prompt = prompt;
  }
  return found;
}

/** What a listing shows of a session. */
export async function summarize(ref: SessionRef, world: World): Promise<SessionSummary> {
  const { head, name, prompt, model, ...times } = await readEnds(ref.path, ref.sizeBytes, world);
  const workspace = stringAt(head, "cwd");
  const startedAt = world.toolkit.parseTimestamp(head?.["timestamp"]) ?? times.firstTime;
  const lineage = lineageOf(head, world.toolkit);
  return {
    ref,
    ...titleOf(name, prompt, head?.["casr"] === undefined, world.toolkit),
    ...(workspace === undefined || workspace === "" ? {} : { workspace }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(times.lastTime === undefined ? {} : { lastActiveAt: times.lastTime }),
    ...(model === undefined ? {} : { model }),
    ...(lineage === undefined ? {} : { lineage }),
  };
}
